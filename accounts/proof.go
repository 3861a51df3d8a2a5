package accounts

import (
	"context"
	"time"
)

// ProofKind is a way of showing who somebody is. All kinds rank alike: who cannot
// or will not show a face uses another one that exists (人脸识别技术应用安全管理办法:
// face must not be the only way).
type ProofKind string

// Kinds of proof.
const (
	ProofFace    ProofKind = "face"    // 实人认证
	ProofLicence ProofKind = "licence" // 电子营业执照
	ProofStaff   ProofKind = "staff"   // a decision of 客服
)

// Proof is a passed proof: the verdict and where to ask about it, never the
// picture.
type Proof struct {
	ID        string    `json:"id"` // UUID
	Kind      ProofKind `json:"k"`
	Purpose   Purpose   `json:"p"`
	Subject   string    `json:"s,omitempty"` // the account it came to count for
	Provider  string    `json:"pr"`
	Evidence  string    `json:"e"` // the provider's reference
	DocHash   [32]byte  `json:"h"` // of what was approved: see Case.DocHash
	Simulated bool      `json:"sim,omitempty"`
	At        time.Time `json:"at"`
}

// LOA is how well a proof of identity assures (contract: acr). Simulated proof
// counts as a password does.
func (p *Proof) LOA() LOA {
	switch {
	case p.Simulated:
		return LOAPassword
	case p.Kind == ProofLicence:
		return 5
	default:
		return 4
	}
}

// Agreement is somebody's word to a text of ours: which text, which version,
// when.
type Agreement struct {
	Subject  string // account
	Document string // service, privacy, face
	Version  string
	Case     string // the wizard in which it was given
	At       time.Time
}

// Texts that people agree to, each on its own (PIPL 29: separate consent for
// sensitive information).
const (
	DocumentService = "service"
	DocumentPrivacy = "privacy"
	DocumentFace    = "face"
)

// EvidenceStore keeps proofs and agreements.
type EvidenceStore interface {
	PutProof(ctx context.Context, p *Proof) error
	PutAgreement(ctx context.Context, a *Agreement) error
}
