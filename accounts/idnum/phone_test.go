package idnum

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMobile(t *testing.T) {
	for text, want := range map[string]string{
		"13800138000": "+8613800138000", "+8613800138000": "+8613800138000", "008613800138000": "+8613800138000",
		"+86 138 0013 8000": "+8613800138000", "8613800138000": "+8613800138000", "(+86)138-0013-8000": "+8613800138000",
		"１３８００１３８０００": "+8613800138000", "\u202a13800138000\u202c": "+8613800138000", "19912345678": "+8619912345678",
	} {
		got, err := ParseMobile(text)
		if err != nil || string(got) != want {
			t.Errorf("ParseMobile(%q) = %q, %v", text, got, err)
		}
		if got.National() != want[3:] {
			t.Errorf("%s.National() = %s", got, got.National())
		}
	}
	for text, want := range map[string]error{
		"": ErrMobileLength, "1380013800": ErrMobileLength, "138001380001": ErrMobileLength, "12800138000": ErrMobilePrefix,
		"23800138000": ErrMobilePrefix, "1380013800O": ErrMobileCharset, "+113800138000": ErrMobileCharset,
		"043181234567": ErrMobileLength, "1440013800012": ErrMobileLength, "一三八": ErrMobileCharset, "+86": ErrMobileLength,
		strings.Repeat("1", 10_000): ErrMobileLength, "'; drop table persons": ErrMobileCharset,
	} {
		if got, err := ParseMobile(text); !errors.Is(err, want) || got != "" {
			t.Errorf("ParseMobile(%.30q) = %q, %v, want %v", text, got, err, want)
		}
	}
}

func TestMasks(t *testing.T) {
	for _, test := range []struct {
		name     string
		mask     func(string) string
		in, want string
	}{
		{"phone", MaskPhone, "+8613800138000", "138****8000"},
		{"phone", MaskPhone, "13800138000", "138****8000"},
		{"phone", MaskPhone, "12345", "****5"},
		{"phone", MaskPhone, "", ""},
		{"document", MaskDocument, "220102199003070013", "220***********0013"},
		{"document", MaskDocument, "FRA220180010112", "FRA********0112"},
		{"document", MaskDocument, "H1234567801", "H********01"},
		{"document", MaskDocument, "E12345678", "E******78"},
		{"document", MaskDocument, "12345", "****5"},
		{"document", MaskDocument, "", ""},
		{"whole", MaskDocumentWhole, "220102199003070013", "2****************3"},
		{"whole", MaskDocumentWhole, "12345", "*****"},
		{"name", MaskName, "张三", "*三"},
		{"name", MaskName, "欧阳小明", "***明"},
		{"name", MaskName, "王䶮", "*䶮"},
		{"name", MaskName, "李𬱖", "*𬱖"},
		{"name", MaskName, "王葛\U000e0100", "*葛\U000e0100"},
		{"name", MaskName, "John Smith", "J*********"},
		{"name", MaskName, "王", "*"},
		{"name", MaskName, "", ""},
	} {
		if got := test.mask(test.in); got != test.want {
			t.Errorf("%s %q is shown as %q, want %q", test.name, test.in, got, test.want)
		}
	}
	if got := Mobile("+8613800138000").Masked(); got != "138****8000" {
		t.Errorf("Masked() = %q", got)
	}
}

// Whatever is masked, most of it stays hidden, and its length is kept.
func TestMasksHide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[A-Z0-9]{0,30}`).Draw(t, "number")
		for name, mask := range map[string]func(string) string{
			"phone": MaskPhone, "document": MaskDocument, "whole": MaskDocumentWhole, "name": MaskName,
		} {
			got := mask(s)
			hidden := strings.Count(got, "*")
			if name == "phone" && len(s) == mobileLength {
				hidden += 2 // the mask that everybody knows shows 7 of 11
			}
			if len(got) != len(s) || hidden*2 < len(s) {
				t.Errorf("%s: %q is shown as %q", name, s, got)
			}
		}
	})
}

func FuzzParseMobile(f *testing.F) {
	f.Add("+86 138-0013-8000")
	f.Add("８６１３８００１３８０００")
	f.Fuzz(func(t *testing.T, s string) {
		MaskPhone(s)
		MaskDocument(s)
		MaskDocumentWhole(s)
		MaskName(s)
		got, err := ParseMobile(s)
		if err != nil {
			return
		}
		for _, form := range []string{string(got), got.National()} {
			if again, err := ParseMobile(form); again != got || err != nil {
				t.Errorf("%q became %q, of which %q becomes %q, %v", s, got, form, again, err)
			}
		}
		if len(got) != len("+8613800138000") {
			t.Errorf("%q became %q", s, got)
		}
	})
}
