package pages

import (
	"net/http"
	"slices"

	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// getAgreement shows one of the texts that people agree to.
func (p *Pages) getAgreement(v *visit) error {
	document := v.Param("document")
	if !slices.Contains(templates.Agreements(), document) {
		return &interaction.ProblemError{Status: http.StatusNotFound, Code: "not_found"}
	}
	return p.show(v, http.StatusOK, templates.Agreement{Document: document})
}
