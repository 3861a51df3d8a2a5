package redis

// CheckURL reports what is wrong with the form of an address, without connecting
// to it and without repeating any of it.
func CheckURL(address string) error {
	_, err := parseURL(address)
	return err
}
