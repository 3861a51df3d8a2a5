package interaction

import "context"

// Deny records that the holder of the session sid goes back to the client
// without signing in to it, from whichever page.
func (f *Flow) Deny(ctx context.Context, i *Interaction, sid string) error {
	if i.State == Finished || i.State == Posted {
		return ErrState
	}
	return f.move(ctx, i, func() { i.State, i.AskedOf, i.Scopes, i.Consented, i.Denied = Ready, sid, nil, false, true })
}
