package simulator

import (
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

const (
	shards        = 16
	kept          = 50 // messages of one phone in one shard
	receiptDelay  = 2 * time.Second
	deadPhone     = "13900009999"
	kindCode      = "code"
	providerCloud = "aliyun"
	providerHTTP  = "http"
)

var phonePattern = regexp.MustCompile(`^1[3-9][0-9]{9}$`)

// SentMessage is a message as its phone shows it.
type SentMessage struct {
	Phone   string           `json:"phone"` // eleven digits
	Text    string           `json:"text"`
	Code    string           `json:"code"`
	Purpose accounts.Purpose `json:"purpose"`
	At      time.Time        `json:"at"`
}

// stored is a message as its provider keeps it.
type stored struct {
	SentMessage

	Receipt  string `json:"receipt"`
	Provider string `json:"provider"`
	Kind     string `json:"kind"`
	Template string `json:"template"`
	OutID    string `json:"out_id"`
}

// Messages returns what a phone has received, newest first.
func (s *Simulator) Messages(ctx context.Context, phone string) ([]SentMessage, error) {
	found := []SentMessage{}
	all, err := s.stored(ctx, phone)
	if err != nil || phone == deadPhone {
		return found, err
	}
	for _, m := range all {
		found = append(found, m.SentMessage)
	}
	return found, nil
}

// stored returns every message to a phone, newest first.
func (s *Simulator) stored(ctx context.Context, phone string) ([]stored, error) {
	var all []stored
	for shard := range shards {
		var some []stored
		if err := loadIfAny(ctx, s.options.Store, topicMessages, shardID(phone, shard), &some); err != nil {
			return nil, err
		}
		slices.Reverse(some) // so that those of one instant stay newest first
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b stored) int { return b.At.Compare(a.At) })
	return all, nil
}

func shardID(phone string, shard int) string { return digest(phone + "/" + strconv.Itoa(shard)) }

// deliver puts m into its phone and names it.
func (s *Simulator) deliver(ctx context.Context, m stored) (string, error) {
	s.messages.Lock()
	defer s.messages.Unlock()
	m.At = s.options.Now().UTC()
	m.Receipt = strings.ToLower(rand.Text()[:18]) + "^0"
	if m.Provider == providerHTTP {
		m.Receipt = "SIM-" + rand.Text()
	}
	id := shardID(m.Phone, s.shard)
	var list []stored
	if err := loadIfAny(ctx, s.options.Store, topicMessages, id, &list); err != nil {
		return "", err
	}
	list = append(list, m)
	list = list[max(0, len(list)-kept):]
	if err := save(ctx, s.options.Store, topicMessages, id, list, memory); err != nil {
		return "", err
	}
	return m.Receipt, save(ctx, s.options.Store, topicReceipt, digest(m.Receipt), m.receipt(), memory)
}

// receipt is what is needed to tell what became of a message.
type receipt struct {
	Dead bool      `json:"dead"`
	At   time.Time `json:"at"`
}

func (m *stored) receipt() receipt { return receipt{Dead: m.Phone == deadPhone, At: m.At} }

// delivery is unknown for a little while, as with real carriers.
func (s *Simulator) delivery(r receipt) accounts.Delivery {
	switch {
	case s.options.Now().Before(r.At.Add(receiptDelay)):
		return accounts.DeliveryUnknown
	case r.Dead:
		return accounts.DeliveryFailed
	default:
		return accounts.DeliveryDelivered
	}
}

// exceeded says which of the vendor's limits for codes one more would break, as
// the vendor says it, or nothing.
func (s *Simulator) exceeded(ctx context.Context, phone, provider string) (string, error) {
	if !s.options.Limits {
		return "", nil
	}
	all, err := s.stored(ctx, phone)
	if err != nil {
		return "", err
	}
	for _, limit := range []struct {
		within  time.Duration
		permits int
		named   string
	}{{time.Minute, 1, "minute"}, {time.Hour, 5, "hour"}, {24 * time.Hour, 10, "day"}} {
		since, count := s.options.Now().Add(-limit.within), 0
		for _, m := range all {
			if m.Provider == provider && m.Kind == kindCode && m.At.After(since) {
				count++
			}
		}
		if count >= limit.permits {
			return fmt.Sprintf("%s limit, Permits:%d", limit.named, limit.permits), nil
		}
	}
	return "", nil
}

// purposeOf finds the purpose of a message: said outright, or in its parameters.
func purposeOf(said string, params map[string]string) accounts.Purpose {
	for _, p := range []accounts.Purpose{
		accounts.PurposeRegister, accounts.PurposeActivate, accounts.PurposeRecover, accounts.PurposePhone,
		accounts.PurposeAppeal, accounts.PurposeSecondFactor, accounts.PurposeInvite, accounts.PurposeNotice,
	} {
		if said == string(p) || said == "" && params["purpose"] == string(p) {
			return p
		}
	}
	return accounts.PurposeNotice
}
