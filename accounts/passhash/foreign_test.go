package passhash

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// Hashes made by others: bcrypt by libxcrypt's crypt(3), PBKDF2 by Python's
// hashlib, SM3 by OpenSSL. The password is demo unless it stands there.
const demo = "Tongid-demo-2026"

var foreigns = []struct{ hash, password string }{
	{"$2a$05$abcdefghijklmnopqrstuuunNiL9VWjhGY6M/kb1aIT3XYlRjMRqq", demo},
	{"$2b$05$abcdefghijklmnopqrstuuunNiL9VWjhGY6M/kb1aIT3XYlRjMRqq", demo},
	{"$2y$05$abcdefghijklmnopqrstuuunNiL9VWjhGY6M/kb1aIT3XYlRjMRqq", demo},
	{"$2b$06$./AZaz09./AZaz09./AZaeeTArgav9iJaHO3Yuk7VWgQ0VMv2PVk2", demo},
	{"$2b$05$abcdefghijklmnopqrstuu0oImNDIy4flhldV9YqunRgBAePKmw7m", ""},
	{"$2b$05$abcdefghijklmnopqrstuuD7wZZcz9umlCOZTj2VxkSh2SKaWqPtC", "密码密码"},
	{"$2b$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q", strings.Repeat("x", 80)},
	{"pbkdf2_sha1$1000$seasalt$U77E29eipKUNluaE3ebW4SkiJL8=", demo},
	{"pbkdf2_sha256$1000$seasalt$zHLFxrX3kycaAb/tWXb9CSzX1mj4nWjr1pevstmkyLg=", demo},
	{"pbkdf2_sha512$1000$seasalt$CWXrpvA+oyrEsk69pe4O/6zZI64wIFc3S3XVDgUmzt7I3Ul8u7wlMhT80Sk7rWEZGW/WYIPyfhq+gNZU0KWe6w==", demo},
	{"$pbkdf2-sha256$1200$AAECAwQFBgcICQoLDA0OD/v/$vpwt7iXcADz0diKmqg1TaGD/V/o3ax6fmSu.NBaD.Ec", demo},
	{"$pbkdf2$1200$AAECAwQFBgcICQoLDA0ODw$C0Io/eA.n3JvmQ83LzSnHoRGB8g", demo},
	{"$pbkdf2-sha512$i=1200,l=64$AAECAwQFBgcICQoLDA0ODw$vFKBoiKaOenvp4CaWFQuZQ2LQIjVKgii1F5I9uNuGQ9uVPBffvX2ykmyNGhkIANWX+cR2br19UD/y04vde+ZVQ", demo},
	{"$pbkdf2-sha256$i=1200,l=20$AAECAwQFBgcICQoLDA0ODw==$Ln5qGfFQTYfV9ggoIB2gbvUhgww=", demo},
	{"$pbkdf2-sha1$i=1200$AAECAwQFBgcICQoLDA0ODw==$C0Io/eA+n3JvmQ83LzSnHoRGB8g=", demo},
	{"$sm3$s=AAECAwQFBgcICQoLDA0ODw==$bc1dee2c31658be7b4e35e3b7f9b0047ad696d0ea66a2cfd61b57903d2b58424", demo},
	{"$sm3$s=AAECAwQFBgcICQoLDA0ODw,o=sp$vB3uLDFli+e04147f5sAR61pbQ6maiz9YbV5A9K1hCQ=", demo},
	{"$sm3$s=AAECAwQFBgcICQoLDA0ODw==,o=ps$7ADDE6221FB4AAF34C412763A0A38208F5FCE3C824A8FBB6EC88DC7886F71624", demo},
	{"$sm3$s=$EDHWH5U0Ksdv4On9AGK4QRt0Dq5vSqIsj6eHDgInIsU", demo},
}

func TestForeignHashesAreWrapped(t *testing.T) {
	h := New(small())
	for _, v := range foreigns {
		f, err := ParseForeign(v.hash)
		if err != nil {
			t.Errorf("%s: %v", v.hash, err)
			continue
		}
		wrapped, err := h.Wrap(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		digest := v.hash[strings.LastIndexAny(v.hash, "$")+1:]
		if digest = digest[max(0, len(digest)-20):]; strings.Contains(wrapped, digest) {
			t.Errorf("%s: the digest stands in %s", v.hash, wrapped)
		}
		if again, err := h.Wrap(t.Context(), f); err != nil || again == wrapped {
			t.Errorf("%s: wrapped twice, the same: no salt of our own", v.hash)
		}
		ok, rehash, err := h.Verify(t.Context(), wrapped, v.password)
		if !ok || !rehash || err != nil {
			t.Errorf("%s: Verify = %v, %v, %v, want a right password that asks for a rehash", v.hash, ok, rehash, err)
		}
		for _, wrong := range []string{v.password[:max(0, len(v.password)-10)] + "y", "wrong", strings.Repeat("x", MaxPassword+1)} {
			if ok, rehash, err := h.Verify(t.Context(), wrapped, wrong); ok || rehash || err != nil {
				t.Errorf("%s: Verify(%.12q) = %v, %v, %v", v.hash, wrong, ok, rehash, err)
			}
		}
		if p, err := parse(wrapped); err != nil || p.String() != wrapped {
			t.Errorf("%s is read as %v, %v", wrapped, p, err)
		}
	}
}

// Our bcrypt is that of x/crypto.
func TestBcryptAgrees(t *testing.T) {
	h := New(small())
	for _, password := range []string{"", "a", demo, strings.Repeat("b", 71), strings.Repeat("c", 72), "\x00\xff"} {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseForeign(string(hash))
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := h.Wrap(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _, err := h.Verify(t.Context(), wrapped, password); !ok || err != nil {
			t.Errorf("%q: %v, %v", password, ok, err)
		}
	}
}

func TestForeignRefused(t *testing.T) {
	const (
		bc  = "$abcdefghijklmnopqrstuuunNiL9VWjhGY6M/kb1aIT3XYlRjMRqq"
		pb  = "$AAECAwQFBgcICQoLDA0ODw$C0Io/eA+n3JvmQ83LzSnHoRGB8g"
		sm  = "bc1dee2c31658be7b4e35e3b7f9b0047ad696d0ea66a2cfd61b57903d2b58424"
		dig = "zHLFxrX3kycaAb/tWXb9CSzX1mj4nWjr1pevstmkyLg="
	)
	for _, s := range []string{
		"", "$", "$$", "plaintext", "e10adc3949ba59abbe56e057f20f883e", "{SSHA}abcd", "$1$salt$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=64",
		"$2x$10" + bc, "$2$10" + bc, "$2b$13" + bc, "$2b$31" + bc, "$2b$03" + bc, "$2b$5" + bc, "$2b$-5" + bc, "$2b$10" + bc[:53], "$2b$10" + bc + "a",
		"$2b$10$abcdefghijklmnopqrstu!unNiL9VWjhGY6M/kb1aIT3XYlRjMRqq", "2b$10" + bc,
		"$pbkdf2-sha256$1000001" + pb, "$pbkdf2-sha256$0" + pb, "$pbkdf2-md5$1000" + pb, "$pbkdf2-sha256$i=1000,l=19" + pb,
		"$pbkdf2-sha256$i=1000,x=1" + pb, "$pbkdf2-sha256$1000$salt!$AAAA", "$pbkdf2-sha256$1000$c2FsdA$AAAA", "$pbkdf2-sha256$1000$c2FsdA",
		"pbkdf2_sha256$1000000000$seasalt$" + dig, "pbkdf2_sha256$x$seasalt$" + dig, "pbkdf2_sha256$1000$seasalt", "pbkdf2_scrypt$1000$a$" + dig,
		"pbkdf2_sha256$1000$" + strings.Repeat("s", maxForeignSalt+1) + "$" + dig, "pbkdf2_sha256$1000$" + strings.Repeat("s", maxForeign) + "$" + dig,
		"$sm3$" + sm, "$sm3$s=$" + sm[1:], "$sm3$s=!$" + sm, "$sm3$s=,o=xx$" + sm, "$sm3$s=,$" + sm, "$sm3$x=$" + sm, "$sm3$s=$" + sm[:62] + "zz",
	} {
		f, err := ParseForeign(s)
		if !errors.Is(err, ErrForeign) {
			t.Errorf("%q is taken as %v, %v", s, f.kdf, err)
		} else if len(s) > 20 && strings.Contains(err.Error(), s[len(s)-10:]) {
			t.Errorf("the error names the hash: %v", err)
		}
	}
	for _, dearest := range []string{"$2b$12" + bc, "$pbkdf2-sha256$1000000" + pb} {
		if _, err := ParseForeign(dearest); err != nil {
			t.Errorf("%s: %v", dearest, err)
		}
	}
	if _, err := New(small()).Wrap(t.Context(), Foreign{}); !errors.Is(err, ErrForeign) {
		t.Errorf("nothing is wrapped: %v", err)
	}
}

// Whoever could write a stored hash could not make a check cost more than one of
// ours may.
func TestUnreadableWrappedHashIsAFault(t *testing.T) {
	h := New(small())
	f, err := ParseForeign(foreigns[0].hash)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := h.Wrap(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"bcrypt,c=5", "bcrypt,c=13"},
		{"bcrypt,c=5", "bcrypt,c=05"},
		{"bcrypt,c=5", "bcrypt"},
		{"bcrypt,c=5$", "bcrypt,c=5$AAAA"},
		{"bcrypt,c=5", "sm3,o=xx"},
		{"bcrypt,c=5", "pbkdf2-sha256,i=1000001,l=32"},
		{"bcrypt,c=5", "pbkdf2-md5,i=1,l=32"},
		{"bcrypt,c=5", "pbkdf2-sha256,i=1,l=65"},
		{"bcrypt,c=5", "scrypt,c=5"},
		{"argon2id-wrapped", "argon2id"},
		{"argon2id-wrapped", "argon2i-wrapped"},
	} {
		if _, _, err := h.Verify(t.Context(), strings.Replace(wrapped, change[0], change[1], 1), demo); err == nil {
			t.Errorf("%s: no fault", change[1])
		}
	}
	plainHash, err := h.Hash(t.Context(), demo)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Verify(t.Context(), strings.Replace(plainHash, "argon2id", "argon2id-wrapped", 1), demo); err == nil {
		t.Error("wrapped without what it wraps: no fault")
	}
}

// Every check is one argon2id: of an unknown account, of a plain hash, of a
// wrapped one.
func TestWrappedCostsOneArgon2(t *testing.T) {
	h := New(small())
	var calls atomic.Int64
	argon := h.idKey
	h.idKey = func(password, salt []byte, time, memory uint32, threads uint8, n uint32) []byte {
		calls.Add(1)
		return argon(password, salt, time, memory, threads, n)
	}
	for _, v := range foreigns {
		f, err := ParseForeign(v.hash)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, err := h.Wrap(context.Background(), f)
		if err != nil {
			t.Fatal(err)
		}
		calls.Store(0)
		for _, hash := range []string{wrapped, ""} {
			if _, _, err := h.Verify(t.Context(), hash, v.password); err != nil {
				t.Fatal(err)
			}
		}
		if calls.Load() != 2 {
			t.Errorf("%s: two checks took %d argon2id", v.hash, calls.Load())
		}
	}
}

func FuzzParseForeign(f *testing.F) {
	for _, v := range foreigns {
		f.Add(v.hash)
	}
	f.Fuzz(func(t *testing.T, s string) {
		foreign, err := ParseForeign(s)
		if err != nil {
			return
		}
		if k, ok := parseKDF(foreign.kdf.String()); !ok || k.String() != foreign.kdf.String() || len(foreign.digest) < minDigest {
			t.Errorf("%q: %s of %d bytes is not read again", s, foreign.kdf, len(foreign.digest))
		}
	})
}
