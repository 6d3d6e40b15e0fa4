package kms

// Caller is the kind of principal that calls KMS. Anonymous calls do not reach it (semantics.md §2.2).
type Caller uint8

// The kinds of caller.
const (
	RootUser      Caller = iota
	IAMUser              // with long-term keys or an MFA session
	RoleCaller           // any session of a role: AssumeRole, SAML, OIDC, Identity Center, EC2, service-linked
	Federated            // a GetFederationToken session
	ServiceCaller        // an AWS service principal
	callers       = iota
)

// Presence says whether requests carry a condition key.
type Presence uint8

// The answers.
const (
	Never Presence = iota
	Sometimes
	Always
	// Unverified: no source says. Take it as any of the others, and never prove anything from it.
	Unverified
)

// String returns the answer as a word.
func (p Presence) String() string {
	switch p {
	case Never:
		return "never"
	case Sometimes:
		return "sometimes"
	case Always:
		return "always"
	}
	return "unverified"
}

// who is a row of the matrix in semantics.md §3.3, in its letters: P present, A absent, ? unverified, and s where it
// depends ("iff in org", "if tagged").
type who struct {
	direct string // root user, user, role, federated user, service principal
	// via is the letter for forward access sessions; 0 means as the caller without one.
	via byte
}

func letter(c byte) Presence {
	switch c {
	case 'P':
		return Always
	case 's':
		return Sometimes
	case 'A':
		return Never
	}
	return Unverified
}

// matrix is the table of semantics.md §3.3, "Presence × caller matrix", and for keys that are not in it their row in
// the list above it, by base name. "(inf.)" counts as known, "redacted" as unverified. A key that is neither here nor
// tied to actions is carried by every caller's requests as its table says.
var matrix = map[string]who{
	"aws:PrincipalArn":              {direct: "PPPP?"},
	"aws:PrincipalAccount":          {direct: "PPPP?"},
	"aws:PrincipalType":             {direct: "PPPP?"},
	"aws:userid":                    {direct: "PPPP?"},
	"kms:CallerAccount":             {direct: "PPPP?"},
	"aws:PrincipalOrgID":            {direct: "ssssA"},
	"aws:PrincipalOrgPaths":         {direct: "ssssA"},
	"aws:username":                  {direct: "APAAA"},
	"aws:PrincipalTag/":             {direct: "AsssA"},
	"aws:TokenIssueTime":            {direct: "ssPPA", via: 'P'},
	"aws:MultiFactorAuthPresent":    {direct: "ssPPA"},
	"aws:MultiFactorAuthAge":        {direct: "sssAA"},
	"aws:PrincipalIsAWSService":     {direct: "PPPPP"},
	"aws:PrincipalServiceName":      {direct: "AAAAP"},
	"aws:PrincipalServiceNamesList": {direct: "AAAAP"},
	"aws:ViaAWSService":             {direct: "PPPPP"},
	"kms:ViaService":                {direct: "AAAAA", via: 'P'},

	"aws:SourceArn":      {direct: "AAAAs"},
	"aws:SourceAccount":  {direct: "AAAAs"},
	"aws:SourceOrgID":    {direct: "AAAAs"},
	"aws:SourceOrgPaths": {direct: "AAAAs"},
	"aws:SourceOwner":    {direct: "?????"},

	"aws:SourceVpc":    {direct: "ssss?", via: 'A'},
	"aws:SourceVpcArn": {direct: "ssss?", via: 'A'},
	"aws:SourceVpce":   {direct: "ssss?", via: 'A'},
	"aws:VpcSourceIp":  {direct: "ssss?", via: 'A'},
	"aws:VpceAccount":  {direct: "ssss?", via: 'A'},
	"aws:VpceOrgID":    {direct: "ssss?", via: 'A'},
	"aws:VpceOrgPaths": {direct: "ssss?", via: 'A'},
	"aws:SourceIp":     {direct: "ssss?", via: '?'}, // via: the guides disagree, §2.6

	"aws:AssumedRoot":                  {direct: "sA?AA"},
	"aws:FederatedProvider":            {direct: "AAsAA"},
	"aws:SignInSessionArn":             {direct: "ssssA"},
	"aws:ChatbotSourceArn":             {direct: "AA?AA"},
	"aws:Ec2InstanceSourceVpc":         {direct: "AAsAA"},
	"aws:Ec2InstanceSourcePrivateIPv4": {direct: "AAsAA"},
	"aws:SourceIdentity":               {direct: "AAsAA"},
	"ec2:RoleDelivery":                 {direct: "AAsAA"},
	"ec2:SourceInstanceArn":            {direct: "AAsAA"},
	"glue:RoleAssumedBy":               {direct: "AAsAA"},
	"glue:CredentialIssuingService":    {direct: "AAsAA"},
	"codebuild:BuildArn":               {direct: "AAsAA"},
	"codebuild:ProjectArn":             {direct: "AAsAA"},
	"lambda:SourceFunctionArn":         {direct: "AAsAA"},
	"ssm:SourceInstanceArn":            {direct: "AAsAA"},
	"identitystore:UserId":             {direct: "AAsAA"},

	"aws:CalledVia":             {direct: "AAAAA", via: 's'},
	"aws:CalledViaFirst":        {direct: "AAAAA", via: 's'},
	"aws:CalledViaLast":         {direct: "AAAAA", via: 's'},
	"aws:CalledViaAWSMCP":       {direct: "????A", via: 's'}, // whether such a call is a forward access session is not said
	"aws:ViaAWSMCPService":      {direct: "????A", via: 's'},
	"aws:IsMcpServiceAction":    {direct: "AAAAA"},           // never for KMS
	"kms:GrantIsForAWSResource": {direct: "?????", via: 's'}, // false on direct calls, or absent: §9 no. 7
}

// doubtful are actions for which no source says that the key is there or not (semantics.md §3.2 and §9 no. 8, 9, 11).
var doubtful = map[string]ActionSet{
	"kms:EncryptionContext:":                     Set("kms:CreateGrant", "kms:RetireGrant"),
	"kms:EncryptionContextKeys":                  Set("kms:CreateGrant", "kms:RetireGrant"),
	"kms:GrantConstraintType":                    Set("kms:RetireGrant"),
	"kms:MessageType":                            Set("kms:Sign", "kms:Verify"),
	"kms:RotationPeriodInDays":                   Set("kms:EnableKeyRotation"),
	"kms:ScheduleKeyDeletionPendingWindowInDays": Set("kms:ScheduleKeyDeletion"),
	"kms:TrailingDaysWithoutKeyUsage":            Set("kms:DisableKey", "kms:ScheduleKeyDeletion"),
	"kms:RequestAlias":                           Set("kms:Encapsulate", "kms:Decapsulate"),
	"aws:RequestTag/":                            Set("kms:ReplicateKey"),
	"aws:TagKeys":                                Set("kms:ReplicateKey"),
}

// Presence tells whether requests for the action (by index) from such a caller carry the key. via is true of a forward
// access session, in which a service calls with the caller's credentials; a service principal has none, and via is
// ignored for it. For keys that the table does not have, which are zero, it is Never.
func (k Key) Presence(c Caller, via bool, action int) Presence {
	if !k.Actions.Has(action) || c >= callers {
		return Never
	}
	p := Sometimes
	if k.always {
		p = Always
	}
	if row, ok := matrix[k.base]; ok {
		p = letter(row.direct[c])
		if via && c != ServiceCaller && row.via != 0 {
			p = letter(row.via)
		}
	}
	if p != Never && doubtful[k.base].Has(action) {
		p = Unverified
	}
	return p
}
