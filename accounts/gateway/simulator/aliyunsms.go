package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tongid/tongid/accounts"
)

type sendSmsAnswer struct {
	cloudAnswer

	BizID string `json:"BizId,omitempty"`
}

// sendSms takes one message. The vendor takes a thousand numbers at once, which
// no code is ever sent to.
func (s *Simulator) sendSms(r *http.Request, q url.Values) (any, error) {
	kind, approved := s.options.Templates[q.Get("TemplateCode")]
	params := map[string]string{}
	phone := q.Get("PhoneNumbers")
	switch {
	case strings.Contains(phone, ","):
		return answered("isv.MOBILE_COUNT_OVER_LIMIT", "one number is simulated"), nil
	case !phonePattern.MatchString(phone):
		return answered("isv.MOBILE_NUMBER_ILLEGAL", "invalid mobile number"), nil
	case q.Get("SignName") != s.options.SignName:
		return answered("isv.SMS_SIGNATURE_ILLEGAL", "the sign is not approved"), nil
	case !approved:
		return answered("isv.SMS_TEMPLATE_ILLEGAL", "the template is not approved"), nil
	case !readParams(q.Get("TemplateParam"), params):
		return answered("isv.INVALID_JSON_PARAM", "values must be strings"), nil
	}
	said := q.Get("OutId") // purpose and id, as our gateway writes it
	if i := strings.LastIndexByte(said, '-'); i >= 0 {
		said = said[:i]
	} else {
		said = ""
	}
	purpose := purposeOf(said, params)
	text, err := s.options.Render(kind, string(purpose), params)
	if err != nil {
		return answered("isv.TEMPLATE_MISSING_PARAMETERS", "the template has other variables"), nil //nolint:nilerr // it is the client's error
	}
	if kind == kindCode {
		if limit, err := s.exceeded(r.Context(), phone, providerCloud); err != nil || limit != "" {
			return answered("isv.BUSINESS_LIMIT_CONTROL", limit), err
		}
	}
	id, err := s.deliver(r.Context(), stored{
		SentMessage: SentMessage{Phone: phone, Text: text, Code: params["code"], Purpose: purpose},
		Provider:    providerCloud, Kind: kind, Template: q.Get("TemplateCode"), OutID: q.Get("OutId"),
	})
	return sendSmsAnswer{cloudAnswer: answered("OK", "OK"), BizID: id}, err
}

// readParams takes only strings for values, and nothing for no parameters.
func readParams(text string, into map[string]string) bool {
	return text == "" || json.Unmarshal([]byte(text), &into) == nil
}

type sendDetail struct {
	PhoneNum     string
	TemplateCode string
	Content      string
	SendDate     string
	OutID        string `json:"OutId"`
	ErrCode      string
	SendStatus   int // 1 waiting, 2 failed, 3 delivered
}

type querySendDetailsAnswer struct {
	cloudAnswer

	TotalCount        string
	SmsSendDetailDTOs struct {
		SmsSendDetailDTO []sendDetail
	}
}

func (s *Simulator) querySendDetails(r *http.Request, q url.Values) (any, error) {
	size, page := natural(q.Get("PageSize")), natural(q.Get("CurrentPage"))
	if size < 1 || size > 50 || page < 1 || len(q.Get("SendDate")) != 8 {
		return answered("isv.INVALID_PARAMETERS", "SendDate, PageSize or CurrentPage"), nil
	}
	all, err := s.stored(r.Context(), q.Get("PhoneNumber"))
	if err != nil {
		return nil, err
	}
	found := []sendDetail{}
	for _, m := range all {
		if m.Provider != providerCloud || m.At.In(china()).Format("20060102") != q.Get("SendDate") ||
			q.Get("BizId") != "" && m.Receipt != q.Get("BizId") {
			continue
		}
		detail := sendDetail{
			PhoneNum: m.Phone, TemplateCode: m.Template, Content: m.Text, OutID: m.OutID,
			SendDate: m.At.In(china()).Format("2006-01-02 15:04:05"), SendStatus: 1,
		}
		switch s.delivery(m.receipt()) {
		case accounts.DeliveryUnknown:
		case accounts.DeliveryDelivered:
			detail.SendStatus, detail.ErrCode = 3, "DELIVERED"
		case accounts.DeliveryFailed:
			detail.SendStatus, detail.ErrCode = 2, "MOBILE_NOT_ON_SERVICE"
		}
		found = append(found, detail)
	}
	answer := querySendDetailsAnswer{cloudAnswer: answered("OK", "OK"), TotalCount: strconv.Itoa(len(found))}
	from := min(len(found), (page-1)*size)
	answer.SmsSendDetailDTOs.SmsSendDetailDTO = found[from:min(len(found), from+size)]
	return answer, nil
}

// natural reads a number from 1 to 9999, or returns 0.
func natural(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 9999 {
		return 0
	}
	return n
}
