package main

import "net/http"

// The notices a page may open with; templates/words.json has their sentences.
const (
	noticeSignedOut = "signed-out"
	noticeLocalOnly = "local-only"
	noticeEnded     = "ended"
	noticeSignIn    = "sign-in"
	noticeRefreshed = "refreshed"
	noticeUnchecked = "unchecked"
)

// frontPage is the hall as anyone sees it.
type frontPage struct {
	frame
	Notice string
}

func (frontPage) name() string { return "front" }

// front shows the hall. It needs nothing from the provider.
func (h *hall) front(w http.ResponseWriter, r *http.Request) error {
	// Set here, before two tabs begin a sign-in at the same moment and each gets its own.
	h.browser(w, r)
	page := frontPage{frame: h.frame(r), Notice: h.notice(r)}
	if h.returned(r) {
		page.Notice = h.pages.words.Notices[noticeSignedOut]
	}
	return h.show(w, http.StatusOK, page)
}

// notice returns the sentence the address asks for; only those written down can be had.
func (h *hall) notice(r *http.Request) string {
	code := r.URL.Query().Get("notice")
	if code == noticeSignedOut {
		return "" // said only to whom it happened
	}
	return h.pages.words.Notices[code]
}
