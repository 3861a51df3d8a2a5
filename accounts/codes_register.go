package accounts

// Answers of the wizards in which persons and enterprises become known:
// registration, activation, recovery, and what follows from them.

// Names and numbers that identify an organisation.
const (
	CodeLoginNameInvalid Code = "login_name_invalid"
	CodeLoginNameTaken   Code = "login_name_taken"

	CodeUSCCLength     Code = "uscc_length"
	CodeUSCCCharset    Code = "uscc_charset"
	CodeUSCCDepartment Code = "uscc_department"
	CodeUSCCDivision   Code = "uscc_division"
	CodeUSCCCheck      Code = "uscc_check"
	CodeUSCCType       Code = "uscc_type" // does not fit the legal type
	// CodeUSCCRegistration is of who types the old 工商注册号.
	CodeUSCCRegistration Code = "uscc_registration"

	CodeFirmNameInvalid Code = "firm_name_invalid"
	CodeFirmNameLength  Code = "firm_name_length"
)

// Persons: names, identity documents, phones.
const (
	CodeNameInvalid Code = "name_invalid"
	CodeNameLength  Code = "name_length"

	CodeIDLength   Code = "id_length"
	CodeIDCharset  Code = "id_charset"
	CodeIDProvince Code = "id_province"
	CodeIDDate     Code = "id_date"   // the date of birth does not exist
	CodeIDFuture   Code = "id_future" // the date of birth is to come
	CodeIDCheck    Code = "id_check"
	CodeDocInvalid Code = "doc_invalid" // any other document
	// CodePermanentInvalid is of 外国人永久居留身份证: neither the form of 2023 nor the
	// one before.
	CodePermanentInvalid Code = "permanent_invalid"

	CodeDateFormat     Code = "date_format"
	CodeDateImpossible Code = "date_impossible"
	CodeDateFuture     Code = "date_future"
	CodeDocExpired     Code = "doc_expired"
	CodeBeforeBirth    Code = "before_birth"
	CodeTermMismatch   Code = "term_mismatch"

	CodePhoneInvalid Code = "phone_invalid"
	CodePhoneInUse   Code = "phone_in_use"
	CodePhoneSame    Code = "phone_same"
)

// Passwords.
const (
	CodePasswordWrong    Code = "password_wrong"
	CodePasswordMismatch Code = "password_mismatch" // not the same twice
	CodePasswordSame     Code = "password_same"     // the old one again
)

// Consents.
const (
	CodeAgreeRequired       Code = "agree_required"
	CodeConfirmRequired     Code = "confirm_required"
	CodeFaceConsentRequired Code = "face_consent_required"
)

// Codes sent to a phone.
const (
	CodeSMSRequired Code = "sms_required"
	CodeSMSNotSent  Code = "sms_not_sent"
	CodeSMSWrong    Code = "sms_wrong"
	CodeSMSExpired  Code = "sms_expired"
	CodeSMSTooMany  Code = "sms_too_many"
	CodeSMSWait     Code = "sms_wait"  // asked for another too soon
	CodeSMSLimit    Code = "sms_limit" // had all of a day
)

// The business register's verdict.
const (
	CodeRegisterMismatchName   Code = "register_mismatch_name"
	CodeRegisterMismatchPerson Code = "register_mismatch_person"
	CodeRegisterMismatchType   Code = "register_mismatch_type"
	CodeRegisterEnded          Code = "register_ended"
	CodeRegisterUnknown        Code = "register_unknown" // the register does not have it
	CodeRegisterUnavailable    Code = "register_unavailable"
	CodeRegisterConfirmed      Code = "register_confirmed" // of an account that waited for it
)

// What is there already.
const (
	CodeAlreadyRegistered      Code = "already_registered"
	CodePendingNeedsActivation Code = "pending_needs_activation"
	CodeAlreadyActive          Code = "already_active"
	CodeNothingToActivate      Code = "nothing_to_activate"
	CodePersonExists           Code = "person_exists"
	CodeWaitingRegister        Code = "waiting_register" // nobody can sign in yet
)

// Face checks. The code of one that failed ends in its reason (FaceResult).
const (
	CodeFacePending      Code = "face_pending"
	CodeFaceExpired      Code = "face_expired"
	CodeFaceCancelled    Code = "face_cancelled"
	CodeFaceUnavailable  Code = "face_unavailable"
	CodeFaceWrongNumber  Code = "face_wrong_number"
	CodeFaceNotSupported Code = "face_not_supported"

	CodeFaceFailedMismatch  Code = "face_failed_mismatch"
	CodeFaceFailedUnknown   Code = "face_failed_unknown"
	CodeFaceFailedNoPhoto   Code = "face_failed_no_photo"
	CodeFaceFailedOther     Code = "face_failed_other_face"
	CodeFaceFailedLiveness  Code = "face_failed_liveness"
	CodeFaceFailedRefused   Code = "face_failed_refused"
	CodeFaceFailedTechnical Code = "face_failed_technical"
)

// Limits, beside those of a sign-in and of codes.
const (
	CodePasswordTries Code = "password_tries" // of who is signed in
	CodeTooManyAsks   Code = "too_many_asks"
)

// The run of a wizard itself.
const (
	CodeCaseExpired     Code = "case_expired"
	CodeRecoverMismatch Code = "recover_mismatch"
	CodeAccountUnknown  Code = "account_unknown" // said only where a deployment wants it said
)
