package templates

import "strings"

// device names a browser and its system from a User-Agent header, well enough
// for a person to recognise their own: "Chrome · Windows".
func (v vocabulary) device(userAgent string) string {
	browser, system := browserOf(userAgent), systemOf(userAgent)
	switch {
	case browser == "" && system == "":
		return Say(v.lang, "device.unknown")
	case browser == "":
		return system
	case system == "":
		return v.product(browser)
	default:
		return v.product(browser) + " · " + system
	}
}

// product translates the browsers whose names are words.
func (v vocabulary) product(browser string) string {
	switch browser {
	case "360":
		return Say(v.lang, "device.360")
	case "WeChat":
		return Say(v.lang, "device.wechat")
	case "Alipay":
		return Say(v.lang, "device.alipay")
	case "QQ":
		return Say(v.lang, "device.qq")
	default:
		return browser
	}
}

// mark pairs a substring of the header with what it means.
type mark struct{ text, means string }

// browserOf looks for the most special mark first: nearly every browser also
// claims to be Chrome, and Chrome claims to be Safari.
func browserOf(userAgent string) string {
	return firstMark(userAgent, []mark{
		{"MicroMessenger", "WeChat"},
		{"AlipayClient", "Alipay"},
		{"QIHU", "360"},
		{"360SE", "360"},
		{"QQBrowser", "QQ"},
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Trident/", "Internet Explorer"},
		{"MSIE ", "Internet Explorer"},
		{"Safari/", "Safari"},
	})
}

func systemOf(userAgent string) string {
	return firstMark(userAgent, []mark{
		{"HarmonyOS", "HarmonyOS"},
		{"OpenHarmony", "HarmonyOS"},
		{"Android", "Android"},
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Windows", "Windows"},
		{"Macintosh", "macOS"},
		{"Kylin", "Kylin"},
		{"UOS", "UOS"},
		{"Linux", "Linux"},
	})
}

func firstMark(userAgent string, marks []mark) string {
	for _, m := range marks {
		if strings.Contains(userAgent, m.text) {
			return m.means
		}
	}
	return ""
}
