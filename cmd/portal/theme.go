package main

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// theme is what makes one hall differ from the other; templates/theme-*.json.
type theme struct {
	Key      string `json:"key"`
	Region   string `json:"region"`
	Hall     string `json:"hall"`
	Latin    string `json:"latin"`
	Host     string `json:"host"`
	Headline string `json:"headline"`
	Lead     string `json:"lead"`
	Groups   []struct {
		Icon  string `json:"icon"`
		Title string `json:"title"`
		Text  string `json:"text"`
		To    string `json:"to"`
	} `json:"groups"`
	Services []service `json:"services"`
	Notices  []struct {
		Date  string `json:"date"`
		Title string `json:"title"`
	} `json:"notices"`
	Peer struct {
		Title string `json:"title"`
		Text  string `json:"text"`
	} `json:"peer"`
}

// service is something the hall (as a sample) offers.
type service struct {
	ID    string `json:"id"`
	Icon  string `json:"icon"`
	For   string `json:"for"` // unit or person
	Title string `json:"title"`
	Text  string `json:"text"`
}

// service finds a service.
func (t theme) service(id string) (service, bool) {
	for _, s := range t.Services {
		if s.ID == id {
			return s, true
		}
	}
	return service{}, false
}

// sentence is a short text with a heading.
type sentence struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

// words are the texts that go by codes; templates/words.json.
type words struct {
	Claims []struct {
		Name  string `json:"name"`
		Label string `json:"label"`
	} `json:"claims"` // in the order shown
	Values   map[string]map[string]string `json:"values"` // by claim, then by value
	Levels   map[string]sentence          `json:"levels"` // by number
	Problems map[problemCode]sentence     `json:"problems"`
	Notices  map[string]string            `json:"notices"`
}

// readData reads a data file strictly.
func readData(name string, into any) error {
	data, err := files.ReadFile("templates/" + name)
	if err != nil {
		return fmt.Errorf("read data: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
