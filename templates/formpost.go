package templates

// FormPost carries an authorization response to the client by POST (OAuth 2.0
// Form Post Response Mode §2). The script sends it; without script a person
// presses the button.
type FormPost struct {
	Client string
	Action string // redirect URI
	Params []Param
}

func (FormPost) name() string { return "form-post" }

// Param is one parameter of the response.
type Param struct{ Name, Value string }
