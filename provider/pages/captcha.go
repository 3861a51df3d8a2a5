package pages

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dchest/captcha"
	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

const (
	purposeCaptcha = "captcha"
	captchaLife    = 5 * time.Minute
	captchaDigits  = 4
	captchaWidth   = 240 // twice what is shown, for sharp screens
	captchaHeight  = 88
	captchaMargin  = 22 // drawn above and below, and cut off: the library makes digits half as high as the picture

	pathCaptcha      = "/captcha/"
	actionNewCaptcha = "new-captcha"
)

// Refusals of a captcha.
const (
	codeCaptchaWrong   accounts.Code = "captcha_wrong"
	codeCaptchaExpired accounts.Code = "captcha_expired"
)

// newCaptcha makes a picture question for this browser. Picture and voice are
// drawn from the one answer when they are asked for.
func (p *Pages) newCaptcha(v *visit) (templates.Captcha, error) {
	if !p.Captcha {
		return templates.Captcha{Off: true}, nil
	}
	id := rand.Text()
	if err := p.putCaptcha(v.Context, id, v.browser); err != nil {
		return templates.Captcha{}, err
	}
	address := pathCaptcha + id
	return templates.Captcha{
		ID: id, Image: address + ".png", Audio: address + ".wav?lang=" + url.QueryEscape(v.display.lang),
		Again: address + ".png?again=",
	}, nil
}

func (p *Pages) putCaptcha(c echo.Context, id string, browser [32]byte) error {
	answer := make([]byte, captchaDigits)
	for i := range answer {
		n, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil {
			return fmt.Errorf("pages: captcha: %w", err)
		}
		answer[i] = "0123456789"[n.Int64()]
	}
	err := p.Challenges.PutChallenge(c.Request().Context(), &interaction.Challenge{
		ID: id, Purpose: purposeCaptcha, Browser: browser, Data: answer, ExpiresAt: p.Now().Add(captchaLife),
	})
	if err != nil {
		return fmt.Errorf("pages: captcha: %w", err)
	}
	return nil
}

// takeCaptcha uses the form's captcha up and returns what is wrong with the
// answer, if anything. One that is gone, expired or another browser's is not
// told apart.
func (p *Pages) takeCaptcha(v *visit, f *guard.Form) (*templates.Refusal, error) {
	if !p.Captcha {
		return nil, nil //nolint:nilnil // nothing is wrong
	}
	refuse := func(code accounts.Code) (*templates.Refusal, error) {
		return &templates.Refusal{Field: "captcha", Code: string(code)}, nil
	}
	typed := idnum.Normalise(f.Text("captcha", 16)) // full-width digits and spaces are welcome
	challenge, err := p.Challenges.TakeChallenge(v.ctx(), purposeCaptcha, f.Token("captcha_id"))
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return refuse(codeCaptchaExpired)
	case err != nil:
		return nil, fmt.Errorf("pages: captcha: %w", err)
	case challenge.Browser != v.browser || !p.Now().Before(challenge.ExpiresAt):
		return refuse(codeCaptchaExpired)
	case typed == "":
		return refuse(codeRequired)
	case typed != string(challenge.Data):
		return refuse(codeCaptchaWrong)
	}
	return nil, nil //nolint:nilnil // nothing is wrong
}

// drawingRate is for people behind one address: a picture takes 2 ms of processor
// time and a voice 5, more than anything else that nobody has to sign in for.
func drawingRate() *guard.Rate { return &guard.Rate{Burst: 300, Every: 200 * time.Millisecond} }

func (p *Pages) mayDraw(c echo.Context) error {
	if !p.Limits {
		return nil
	}
	wait := p.drawing.Wait(guard.Address(c.Request().Context()), p.Now())
	if wait == 0 {
		return nil
	}
	return &interaction.ProblemError{Status: http.StatusTooManyRequests, Code: "rate_limited", Wait: wait}
}

// getCaptcha draws the picture or the voice of a captcha of this browser. With
// the parameter again it gets a new answer first, for a picture that nobody can
// read.
func (p *Pages) getCaptcha(c echo.Context) error {
	guard.NoStore(c.Response().Header())
	id, kind, _ := strings.Cut(c.Param("file"), ".")
	browser, known := p.Flow.KnownBrowser(c.Request())
	challenge, err := p.Challenges.Challenge(c.Request().Context(), purposeCaptcha, id)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("pages: captcha: %w", err)
	}
	if err != nil || !known || challenge.Browser != browser || !p.Now().Before(challenge.ExpiresAt) {
		return c.NoContent(http.StatusNotFound)
	}
	if err := p.mayDraw(c); err != nil {
		return err
	}
	if c.QueryParam("again") != "" {
		if err := p.putCaptcha(c, id, browser); err != nil {
			return err
		}
		if challenge, err = p.Challenges.Challenge(c.Request().Context(), purposeCaptcha, id); err != nil {
			return fmt.Errorf("pages: captcha: %w", err)
		}
	}
	switch kind {
	case "png":
		return p.draw(c, captcha.NewImage(id, digits(challenge.Data), captchaWidth, captchaHeight+2*captchaMargin))
	case "wav":
		return p.speak(c, captcha.NewAudio(id, digits(challenge.Data), voice(c.QueryParam("lang"))))
	default:
		return c.NoContent(http.StatusNotFound)
	}
}

func (p *Pages) draw(c echo.Context, picture *captcha.Image) error {
	var out bytes.Buffer
	shown := image.Rect(0, captchaMargin, captchaWidth, captchaMargin+captchaHeight)
	if err := png.Encode(&out, picture.SubImage(shown)); err != nil {
		return fmt.Errorf("pages: draw captcha: %w", err)
	}
	return c.Blob(http.StatusOK, "image/png", out.Bytes())
}

// speak answers in parts if asked to: some browsers play nothing else.
func (p *Pages) speak(c echo.Context, sound *captcha.Audio) error {
	var out bytes.Buffer
	if _, err := sound.WriteTo(&out); err != nil {
		return fmt.Errorf("pages: speak captcha: %w", err)
	}
	c.Response().Header().Set(echo.HeaderContentType, "audio/wav")
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(out.Bytes()))
	return nil
}

// digits are the values of an answer.
func digits(answer []byte) []byte {
	values := make([]byte, len(answer))
	for i, b := range answer {
		values[i] = b - '0'
	}
	return values
}

// voice is the library's name for the language of a page.
func voice(lang string) string {
	if lang == templates.English {
		return "en"
	}
	return "zh"
}
