// Package message sends short messages: through Alibaba Cloud, through anything
// that takes an HTTP request, and through one provider after another.
package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/aliyunrpc"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

const (
	aliyunVersion = "2017-05-25"
	// aliyunProbe is a number that is nobody's: asking for its messages finds out
	// whether our credentials are taken.
	aliyunProbe = "13900000000"
)

// AliyunConfig configures Alibaba Cloud's short messages (Dysmsapi).
type AliyunConfig struct {
	aliyunrpc.Config

	SignName string // as approved, without the brackets
	// Templates are the codes of approved templates by Message.Kind; or, of a code,
	// by ForPurpose: the vendor approves templates of codes with one variable only,
	// the code itself.
	Templates map[string]string
}

// ForPurpose is the key of a template that serves codes of one purpose alone.
func ForPurpose(p accounts.Purpose) string { return accounts.KindCode + "." + string(p) }

// approved is the template of a message and what goes into it.
func (c AliyunConfig) approved(m accounts.Message) (template string, params map[string]string) {
	if own := c.Templates[ForPurpose(m.Purpose)]; own != "" && m.Kind == accounts.KindCode {
		return own, map[string]string{"code": m.Params["code"]}
	}
	return c.Templates[m.Kind], m.Params
}

// Validate lists what is wrong with the configuration.
func (c AliyunConfig) Validate() error {
	faults := c.Faults()
	if c.SignName == "" {
		faults = append(faults, errors.New("sign name is missing"))
	}
	if len(c.Templates) == 0 {
		faults = append(faults, errors.New("no template is given"))
	}
	for _, kind := range slices.Sorted(maps.Keys(c.Templates)) {
		if c.Templates[kind] == "" {
			faults = append(faults, fmt.Errorf("template of %s has no code", kind))
		}
	}
	return faulty("aliyun sms", faults)
}

// Aliyun is Alibaba Cloud's short messages.
type Aliyun struct {
	client *aliyunrpc.Client
	config AliyunConfig
}

var _ accounts.MessageGateway = (*Aliyun)(nil)

// NewAliyun returns a gateway of a valid configuration.
func NewAliyun(c AliyunConfig, h outbound.Host) *Aliyun {
	return &Aliyun{client: aliyunrpc.New(c.Config, aliyunVersion, h), config: c}
}

// Close lets go of idle connections.
func (a *Aliyun) Close() { a.client.Close() }

// aliyunAnswer is what every action answers, in lower and upper hundreds.
type aliyunAnswer struct {
	Code    string `json:"Code"`
	BizID   string `json:"BizId"`
	Details struct {
		List []struct {
			Status json.RawMessage `json:"SendStatus"` // a number; some clients of theirs expect a string
		} `json:"SmsSendDetailDTO"`
	} `json:"SmsSendDetailDTOs"`
}

// Send hands over m in the approved template of its kind. OutId, which the
// vendor keeps and shows in its records, carries purpose and id.
func (a *Aliyun) Send(ctx context.Context, m accounts.Message) (string, error) {
	phone, err := national(m.Phone)
	if err != nil {
		return "", fmt.Errorf("%s: %w", a.client.Name(), err)
	}
	template, filled := a.config.approved(m)
	if template == "" {
		return "", fmt.Errorf("%s: no template for this kind of message: %w", a.client.Name(), accounts.ErrRejected)
	}
	params, err := json.Marshal(filled)
	if err != nil {
		return "", fmt.Errorf("%s: parameters: %w", a.client.Name(), err)
	}
	var receipt string
	err = a.client.Do(ctx, a.client.Call("SendSms", url.Values{
		"PhoneNumbers":  {phone},
		"SignName":      {a.config.SignName},
		"TemplateCode":  {template},
		"TemplateParam": {string(params)},
		"OutId":         {string(m.Purpose) + "-" + m.ID},
	}, false, func(answer *outbound.Answer) error {
		got, err := readAliyun(answer)
		if err != nil {
			return err
		}
		if !receiptPattern.MatchString(got.BizID) {
			return outbound.Unreadable("no BizId")
		}
		receipt = got.BizID
		return nil
	}))
	return receipt, err
}

// Delivery asks for the message's record of the day it was sent on, in China.
func (a *Aliyun) Delivery(ctx context.Context, receipt, phone string, sent time.Time) (accounts.Delivery, error) {
	number, err := national(phone)
	if err != nil {
		return accounts.DeliveryUnknown, fmt.Errorf("%s: %w", a.client.Name(), err)
	}
	delivery := accounts.DeliveryUnknown
	err = a.client.Do(ctx, a.query(number, receipt, sent, func(answer *outbound.Answer) error {
		got, err := readAliyun(answer)
		if err != nil {
			return err
		}
		for _, detail := range got.Details.List {
			switch strings.Trim(string(detail.Status), `"`) {
			case "2":
				delivery = accounts.DeliveryFailed
			case "3":
				delivery = accounts.DeliveryDelivered
			}
		}
		return nil
	}))
	return delivery, err
}

// Check asks for the messages to a number that is nobody's.
func (a *Aliyun) Check(ctx context.Context) error {
	return a.client.Check(ctx, a.query(aliyunProbe, "", a.client.Now(), func(answer *outbound.Answer) error {
		_, err := readAliyun(answer)
		return err
	}))
}

func (a *Aliyun) query(phone, receipt string, day time.Time, read func(*outbound.Answer) error) outbound.Call {
	parameters := url.Values{
		"PhoneNumber": {phone},
		"SendDate":    {day.In(time.FixedZone("CST", 8*3600)).Format("20060102")},
		"PageSize":    {"10"},
		"CurrentPage": {"1"},
	}
	if receipt != "" {
		parameters.Set("BizId", receipt)
	}
	return a.client.Call("QuerySendDetails", parameters, true, read)
}

func readAliyun(a *outbound.Answer) (*aliyunAnswer, error) {
	var got aliyunAnswer
	if err := a.JSON(&got); err != nil {
		return nil, err
	}
	switch got.Code {
	case "OK":
		return &got, nil
	case "":
		return nil, outbound.Unreadable("no Code")
	case "isv.MOBILE_NUMBER_ILLEGAL":
		return nil, fmt.Errorf("%s: %w", got.Code, ErrNumber)
	case "isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL":
		return nil, outbound.Limited(got.Code)
	case "isv.SMS_TEMPLATE_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL", "isv.SMS_SIGNATURE_SCENE_ILLEGAL", "isv.SMS_SIGN_ILLEGAL",
		"isv.TEMPLATE_MISSING_PARAMETERS", "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.INVALID_PARAMETERS", "isv.INVALID_JSON_PARAM",
		"isv.PARAM_LENGTH_LIMIT", "isv.PARAM_NOT_SUPPORT_URL", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.MOBILE_COUNT_OVER_LIMIT",
		"isv.EXTEND_CODE_ERROR":
		return nil, outbound.Rejected(got.Code)
	default:
		return nil, aliyunrpc.Refusal(got.Code)
	}
}
