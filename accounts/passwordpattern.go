package accounts

import "strings"

// patterns finds what begins at a place and needs no list: a character again and
// again, a sequence, a keyboard walk, a date, what stood there just before.
func patterns(s []rune, at int, reach func(end, cost int)) {
	if end := extend(s, at, same); end-at >= 2 {
		reach(end, 1)
	}
	for _, step := range []rune{1, -1, 2, -2} {
		end := extend(s, at, func(a, b rune) bool { return sameKind(a, b) && b-a == step })
		for ; end-at >= 3; end-- {
			reach(end, 1)
		}
	}
	walks(s, at, reach)
	dates(s, at, reach)
	for size := 2; size <= at; size++ {
		end := at
		for end < len(s) && s[end] == s[end-size] {
			end++
		}
		for ; end-at >= size; end-- {
			reach(end, 1)
		}
	}
}

// extend returns where the longest stretch ends that begins at a place and whose
// neighbours are all as asked.
func extend(s []rune, at int, fits func(a, b rune) bool) int {
	end := at + 1
	for end < len(s) && fits(s[end-1], s[end]) {
		end++
	}
	return end
}

func same(a, b rune) bool { return a == b }

func sameKind(a, b rune) bool { return decimal(a) && decimal(b) || small(a) && small(b) }

func decimal(r rune) bool { return r >= '0' && r <= '9' }

func small(r rune) bool { return r >= 'a' && r <= 'z' }

const keyRow = 13

// keyAt returns row and column of a key, shifted or not, on the keyboard that is
// common in China.
func keyAt(r rune) (row, column int, ok bool) {
	const keys = "1234567890-= " + "qwertyuiop[]\\" + "asdfghjkl;'  " + "zxcvbnm,./   "
	const shifted = "!@#$%^&*()_+ " + "QWERTYUIOP{}|" + "ASDFGHJKL:\"  " + "ZXCVBNM<>?   "
	if r == ' ' {
		return 0, 0, false // it fills the rows up here
	}
	at := strings.IndexByte(keys, ascii(r))
	if at < 0 {
		at = strings.IndexByte(shifted, ascii(r))
	}
	return at / keyRow, at % keyRow, at >= 0
}

// step returns how one key lies to another, and whether they are neighbours.
func step(a, b rune) (down, right int, ok bool) {
	rowA, columnA, okA := keyAt(a)
	rowB, columnB, okB := keyAt(b)
	down, right = rowB-rowA, columnB-columnA
	near := down >= -1 && down <= 1 && right >= -1 && right <= 1 && a != b
	return down, right, okA && okB && near
}

// walks finds straight walks of 3 keys and more for one guess, and walks with
// turns of 5 and more for two.
func walks(s []rune, at int, reach func(end, cost int)) {
	end := extend(s, at, func(a, b rune) bool { _, _, ok := step(a, b); return ok })
	for stop := at + 5; stop <= end; stop++ {
		reach(stop, 2)
	}
	if end-at < 3 {
		return
	}
	down, right, _ := step(s[at], s[at+1])
	straight := extend(s[:end], at, func(a, b rune) bool {
		d, r, _ := step(a, b)
		return d == down && r == right
	})
	for stop := at + 3; stop <= straight; stop++ {
		reach(stop, 1)
	}
}

// dates finds years for one guess; and days, with and without year and
// separators, for two.
func dates(s []rune, at int, reach func(end, cost int)) {
	if year(digitsAt(s, at, 4)) {
		reach(at+4, 1)
	}
	for _, form := range []string{"yyyymmdd", "yymmdd", "mmdd", "yyyy-mm-dd", "yyyymm", "yyyy-mm", "ddmmyyyy"} {
		if date(s, at, form) {
			reach(at+len(form), 2)
		}
	}
}

// date reports whether a date of that form begins at a place.
func date(s []rune, at int, form string) bool {
	for i := 0; i < len(form); {
		size := 1
		for i+size < len(form) && form[i+size] == form[i] {
			size++
		}
		n := digitsAt(s, at+i, size)
		var ok bool
		switch form[i : i+size] {
		case "yyyy":
			ok = year(n)
		case "yy":
			ok = n >= 0
		case "mm":
			ok = n >= 1 && n <= 12
		case "dd":
			ok = n >= 1 && n <= 31
		default:
			ok = at+i < len(s) && strings.ContainsRune("-./_ ", s[at+i])
		}
		if !ok {
			return false
		}
		i += size
	}
	return true
}

// digitsAt reads a number of so many digits, or is negative.
func digitsAt(s []rune, at, size int) int {
	if at+size > len(s) {
		return -1
	}
	n := 0
	for _, r := range s[at : at+size] {
		if !decimal(r) {
			return -1
		}
		n = n*10 + int(r-'0')
	}
	return n
}

func year(n int) bool { return n >= 1930 && n <= 2039 }
