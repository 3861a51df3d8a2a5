package templates

// Styleguide shows every component once, for contributors. Its form leads back
// to it.
type Styleguide struct {
	Form

	Captcha Captcha
	SMS     SMS
}

func (Styleguide) name() string { return "styleguide" }
