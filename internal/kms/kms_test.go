package kms

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTablesAreOfTheDay(t *testing.T) {
	for _, name := range []string{"kms-actions.json", "condition-keys.json"} {
		var table struct{ Generated string }
		b, err := data.ReadFile("data/" + name)
		if err == nil {
			err = json.Unmarshal(b, &table)
		}
		if err != nil || table.Generated != TableDate {
			t.Errorf("%s: generated %q, %v; TableDate is %s", name, table.Generated, err, TableDate)
		}
	}
}

// TestCounts are the figures of semantics.md §2.3, §2.4, §3.1 and §3.2, §3.3.
func TestCounts(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  ActionSet
		want int
	}{
		{"all", All, 58},
		{"no effect in a key policy", All &^ Effective, 13},
		{"IAM only", IAMOnly, 11},
		{"across accounts", CrossAccount, 22},
		{"grant operations", GrantOperations, 19},
		{"cryptographic", Cryptographic, 16},
		{"management", Manage, 42},
		{"plaintext", Plaintext, 8},
		{"takeover", Takeover, 8},
		{"destroy", Destroy, 6},
		{"unverified", where(func(a Action) bool { return a.Unverified }), 2},
	} {
		if tt.set.Len() != tt.want {
			t.Errorf("%s: %d actions, want %d: %v", tt.name, tt.set.Len(), tt.want, tt.set.Names())
		}
	}
	if len(keys) != 103 || len(keyIndex) != 103 {
		t.Errorf("%d condition keys, %d by name, want 103", len(keys), len(keyIndex))
	}
}

func TestSetsOfTheReference(t *testing.T) {
	for _, tt := range []struct {
		name  string
		set   ActionSet
		names string
	}{
		{"IAM only, §3.1", IAMOnly, "ConnectCustomKeyStore CreateCustomKeyStore CreateKey DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore GenerateRandom ListAliases ListKeys ListRetirableGrants UpdateCustomKeyStore"},
		{"not effective beside them, §3.1", All &^ Effective &^ IAMOnly, "RetireGrant SynchronizeMultiRegionKey"},
		{"across accounts, §2.4", CrossAccount, "CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GetKeyRotationStatus GetPublicKey ListGrants ReEncryptFrom ReEncryptTo RetireGrant RevokeGrant Sign Verify VerifyMac"},
		{"grant operations, §2.3", GrantOperations, "CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GetPublicKey ReEncryptFrom ReEncryptTo RetireGrant Sign Verify VerifyMac"},
		{"takeover", Takeover, "CreateAlias CreateGrant DeleteAlias PutKeyPolicy ReplicateKey TagResource UntagResource UpdateAlias"},
		{"destroy", Destroy, "DeleteImportedKeyMaterial DisableKey ImportKeyMaterial RevokeGrant ScheduleKeyDeletion UpdatePrimaryRegion"},
		{"plaintext", Plaintext, "Decapsulate Decrypt DeriveSharedSecret GenerateDataKey GenerateDataKeyPair GenerateMac ReEncryptFrom Sign"},
		{"unverified", where(func(a Action) bool { return a.Unverified }), "Decapsulate Encapsulate"},
		{"a symmetric key", Possible("", "") & Cryptographic, "Decrypt Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateRandom ReEncryptFrom ReEncryptTo"},
		{"an RSA key", Possible("RSA_4096", "ENCRYPT_DECRYPT") & Cryptographic, "Decrypt Encrypt GenerateRandom ReEncryptFrom ReEncryptTo"},
		{"a signing key", Possible("ECC_NIST_P256", "SIGN_VERIFY") & Cryptographic, "GenerateRandom Sign Verify"},
		{"a MAC key", Possible("HMAC_256", "GENERATE_VERIFY_MAC") & Cryptographic, "GenerateMac GenerateRandom VerifyMac"},
		{"an agreement key", Possible("ECC_NIST_P256", "KEY_AGREEMENT") & Cryptographic, "DeriveSharedSecret GenerateRandom"},
		{"an ML-KEM key", Possible("ML_KEM_768", "ENCAPSULATE_DECAPSULATE") & Cryptographic, "Decapsulate Encapsulate GenerateRandom"},
	} {
		if got := strings.ReplaceAll(strings.Join(tt.set.Names(), " "), "kms:", ""); got != tt.names {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.names)
		}
	}
	for usage, want := range map[string]bool{"": false, "ENCRYPT_DECRYPT": false, "SIGN_VERIFY": true, "GENERATE_VERIFY_MAC": false, "KEY_AGREEMENT": true, "ENCAPSULATE_DECAPSULATE": true} {
		if got := Possible("", usage).HasName("kms:GetPublicKey"); got != want {
			t.Errorf("GetPublicKey with %q: got %v", usage, got)
		}
	}
	if Possible("SM2", "") != All || Possible("", "FUTURE") != All {
		t.Error("what the tables do not know excludes nothing")
	}
}

// TestClassesCoverAll: every action has a class (DESIGN section 1).
func TestClassesCoverAll(t *testing.T) {
	if Plaintext|Takeover|Destroy|Other != All || Other&(Plaintext|Takeover|Destroy) != 0 {
		t.Error("other is not the rest")
	}
	if Cryptographic|Manage != All || Cryptographic&Manage != 0 {
		t.Error("management is not the rest")
	}
	if Plaintext&^Cryptographic != 0 {
		t.Error("a plaintext action uses no key material")
	}
}

func TestActionsAreSortedAndFound(t *testing.T) {
	as := Actions()
	if !slices.IsSortedFunc(as, func(a, b Action) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted by name")
	}
	for i, a := range as {
		got, ok := Lookup(strings.ToUpper(a.Name))
		if !ok || got.Name != a.Name || got.Index != i || !Set(a.Name).Has(i) || Set(a.Name).First() != i {
			t.Errorf("%s: got %v, %v", a.Name, got, ok)
		}
	}
	if _, ok := Lookup("kms:ReEncrypt"); ok {
		t.Error("there is no kms:ReEncrypt (semantics.md §1.5)")
	}
	if All.Has(-1) || All.Has(58) || All.Has(64) {
		t.Error("actions beyond the table")
	}
	as[0].Name = "changed"
	if Actions()[0].Name == "changed" {
		t.Error("the table can be changed")
	}
}

// TestExpand: the examples of semantics.md §1.5.
func TestExpand(t *testing.T) {
	for pattern, want := range map[string]string{
		"kms:GenerateDataKey":  "GenerateDataKey",
		"kms:GenerateDataKey*": "GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext",
		"KMS:generatedatakey":  "GenerateDataKey",
		"kms:ReEncrypt":        "",
		"kms:ReEncrypt*":       "ReEncryptFrom ReEncryptTo",
		"kms:Describe*":        "DescribeCustomKeyStores DescribeKey",
		"kms:Get*":             "GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey",
		"kms:Put*":             "PutKeyPolicy",
		"kms:Create*":          "CreateAlias CreateCustomKeyStore CreateGrant CreateKey",
		"kms:Delete*":          "DeleteAlias DeleteCustomKeyStore DeleteImportedKeyMaterial",
		"kms:Re*":              "ReEncryptFrom ReEncryptTo ReplicateKey RetireGrant RevokeGrant",
		"kms:?ign":             "Sign",
		"kms:*Mac":             "GenerateMac VerifyMac",
		"kms:*crypt":           "Decrypt Encrypt",
		"kms:Encrypt*":         "Encrypt",
		"s3:*":                 "",
		"kms":                  "",
		"kms:":                 "",
		"":                     "",
	} {
		if got := strings.ReplaceAll(strings.Join(Expand(pattern).Names(), " "), "kms:", ""); got != want {
			t.Errorf("%q: got %q, want %q", pattern, got, want)
		}
	}
	for _, pattern := range []string{"*", "kms:*", "KMS:**", "kms:?*"} {
		if Expand(pattern) != All {
			t.Errorf("%q is not everything", pattern)
		}
	}
	for pattern, want := range map[string]bool{"*": false, "kms:*": false, "s3:Get*": false, "kms": true, "kms*:Decrypt": true, "**": true, "kms:": true, ":x": true, "": true} {
		if got := Malformed(pattern); got != want {
			t.Errorf("%q is malformed: got %v", pattern, got)
		}
	}
}

func TestConditionKey(t *testing.T) {
	for asked, want := range map[string]string{
		"kms:viaservice":                        "kms:ViaService",
		"AWS:PRINCIPALARN":                      "aws:PrincipalArn",
		"kms:encryptioncontext:aws:logs:arn":    "kms:EncryptionContext:aws:logs:arn",
		"kms:EncryptionContext:Dept":            "kms:EncryptionContext:Dept",
		"kms:EncryptionContext:a/b":             "kms:EncryptionContext:a/b",
		"kms:EncryptionContext:PCR":             "kms:EncryptionContext:PCR",
		"kms:EncryptionContextKeys":             "kms:EncryptionContextKeys",
		"aws:principaltag/a/b":                  "aws:PrincipalTag/a/b",
		"aws:RequestTag/team":                   "aws:RequestTag/team",
		"aws:ResourceTag/team":                  "aws:ResourceTag/team",
		"kms:RecipientAttestation:imagesha384":  "kms:RecipientAttestation:ImageSha384",
		"kms:RecipientAttestation:PCR0":         "kms:RecipientAttestation:PCR0",
		"kms:RecipientAttestation:pcr31":        "kms:RecipientAttestation:PCR31",
		"kms:RecipientAttestation:NitroTPMPCR8": "kms:RecipientAttestation:NitroTPMPCR8",
	} {
		if k, ok := ConditionKey(asked); !ok || k.Name != want {
			t.Errorf("%q: got %q, %v; want %q", asked, k.Name, ok, want)
		}
	}
	for _, asked := range []string{"", "kms", "kms:EncryptionContext", "kms:EncryptionContext:", "aws:PrincipalTag", "aws:PrincipalTag/", "kms:ResourceTag/x",
		"kms:RecipientAttestation:PCR", "kms:RecipientAttestation:PCR32", "kms:RecipientAttestation:PCR01", "kms:RecipientAttestation:PCR-1", "kms:RecipientAttestation:NitroTPMPCR24", "aws:Foo", "/", "pcr1"} {
		if k, ok := ConditionKey(asked); ok {
			t.Errorf("%q: got %q", asked, k.Name)
		}
	}
	for name, want := range map[string]Key{
		"kms:GrantOperations":       {Type: "String", Multi: true, AllowedInKeyPolicy: true},
		"kms:ResourceAliases":       {Type: "String", Multi: true},
		"aws:ResourceTag/x":         {Type: "String", Global: true},
		"aws:PrincipalAccount":      {Type: "String", Sensitive: true, AllowedInKeyPolicy: true, Global: true},
		"kms:MultiRegion":           {Type: "Bool", AllowedInKeyPolicy: true},
		"kms:ValidTo":               {Type: "Date", AllowedInKeyPolicy: true},
		"aws:SourceIp":              {Type: "IPAddress", AllowedInKeyPolicy: true, Global: true},
		"aws:SourceArn":             {Type: "ARN", AllowedInKeyPolicy: true, Global: true},
		"aws:MultiFactorAuthAge":    {Type: "Numeric", AllowedInKeyPolicy: true, Global: true},
		"kms:CustomerMasterKeySpec": {Type: "String", AllowedInKeyPolicy: true, Deprecated: true},
	} {
		k, _ := ConditionKey(name)
		if k.Type != want.Type || k.Multi != want.Multi || k.AllowedInKeyPolicy != want.AllowedInKeyPolicy ||
			k.Sensitive != want.Sensitive || k.Deprecated != want.Deprecated || k.Global != want.Global || k.Rule == "" {
			t.Errorf("%s: got %+v", name, k)
		}
	}
	if k, _ := ConditionKey("kms:KeyAgreementAlgorithm"); !slices.Equal(k.Known, []string{"ECDH"}) {
		t.Errorf("known values: %v", k.Known)
	}
	multi := 0
	for _, k := range Keys() {
		if k.Multi {
			multi++
		}
		if found, ok := ConditionKey(strings.ReplaceAll(strings.ReplaceAll(k.Name, "<PCR_ID>", "0"), "${", "{")); !ok || found.base != k.base {
			t.Errorf("%s is not found", k.Name)
		}
	}
	if multi != 10 { // semantics.md §4.3 lists them
		t.Errorf("%d multi-valued keys", multi)
	}
}

func TestKeysOfActions(t *testing.T) {
	for name, want := range map[string]int{
		"kms:BypassPolicyLockoutSafetyCheck": 2, "kms:CallerAccount": 53, "kms:KeySpec": 48, "kms:ViaService": 47,
		"kms:EncryptionContext:x": 10, "kms:GrantIsForAWSResource": 3, "kms:RequestAlias": 17, "kms:PrimaryRegion": 1,
		"aws:PrincipalArn": 58, "aws:TagKeys": 4, "aws:RequestTag/x": 3, "aws:ResourceTag/x": 48,
		"kms:RecipientAttestation:PCR3": 5,
	} {
		if k, _ := ConditionKey(name); k.Actions.Len() != want {
			t.Errorf("%s: %d actions, want %d", name, k.Actions.Len(), want)
		}
	}
	if k, _ := ConditionKey("aws:ViaAWSService"); k.Actions != All {
		t.Error("a global key depends on the action")
	}
}

// TestPresenceMatrix is the table at the end of semantics.md §3.3, row by row, with Encrypt as the action: root user,
// user (long-term keys or MFA session), role, federated user, forward access session of a role, service.
func TestPresenceMatrix(t *testing.T) {
	rows := map[string]string{
		"aws:PrincipalArn":           "PPPPP?",
		"aws:PrincipalAccount":       "PPPPP?",
		"aws:PrincipalType":          "PPPPP?",
		"aws:PrincipalOrgID":         "sssssA",
		"aws:PrincipalOrgPaths":      "sssssA",
		"aws:userid":                 "PPPPP?",
		"aws:username":               "APAAAA",
		"aws:PrincipalTag/k":         "AssssA",
		"aws:TokenIssueTime":         "ssPPPA",
		"aws:MultiFactorAuthPresent": "ssPPPA",
		"aws:PrincipalIsAWSService":  "PPPPPP",
		"aws:PrincipalServiceName":   "AAAAAP",
		"aws:ViaAWSService":          "PPPPPP",
		"kms:ViaService":             "AAAAPA",
		"kms:CallerAccount":          "PPPPP?",
		"aws:SourceArn":              "AAAAAs",
		"aws:SourceAccount":          "AAAAAs",
		"aws:SourceOrgID":            "AAAAAs",
		"aws:SourceOrgPaths":         "AAAAAs",
		"aws:SourceVpc":              "ssssA?",
		"aws:SourceVpce":             "ssssA?",
		"aws:VpcSourceIp":            "ssssA?",
		"aws:VpceAccount":            "ssssA?",
		"aws:VpceOrgID":              "ssssA?",
		"aws:VpceOrgPaths":           "ssssA?",
		"aws:SourceIp":               "ssss??",
		// Beyond the matrix.
		"aws:SecureTransport":      "PPPPPP",
		"aws:ResourceAccount":      "PPPPPP",
		"aws:ResourceOrgID":        "ssssss",
		"aws:CalledVia":            "AAAAsA",
		"lambda:SourceFunctionArn": "AAsAsA",
		"aws:SourceOwner":          "??????",
		"kms:KeySpec":              "PPPPPP",
		"kms:EncryptionContext:x":  "ssssss",
		"kms:RequestAlias":         "ssssss",
		"kms:PrimaryRegion":        "AAAAAA",
		"aws:TagKeys":              "AAAAAA",
	}
	encrypt, _ := Lookup("kms:Encrypt")
	for name, want := range rows {
		k, ok := ConditionKey(name)
		if !ok {
			t.Errorf("%s: unknown", name)
		}
		got := ""
		for _, c := range []struct {
			Caller
			via bool
		}{{RootUser, false}, {IAMUser, false}, {RoleCaller, false}, {Federated, false}, {RoleCaller, true}, {ServiceCaller, false}} {
			got += map[Presence]string{Always: "P", Sometimes: "s", Never: "A", Unverified: "?"}[k.Presence(c.Caller, c.via, encrypt.Index)]
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestPresenceByAction(t *testing.T) {
	for _, tt := range []struct {
		key, action string
		want        Presence
	}{
		{"kms:EncryptionContext:x", "kms:DescribeKey", Never},
		{"kms:EncryptionContext:x", "kms:Decrypt", Sometimes},
		{"kms:EncryptionContext:x", "kms:CreateGrant", Unverified},
		{"kms:GrantOperations", "kms:CreateGrant", Always},
		{"kms:GrantOperations", "kms:ListGrants", Never},
		{"kms:GrantIsForAWSResource", "kms:CreateGrant", Unverified},
		{"kms:GrantIsForAWSResource", "kms:DescribeKey", Never},
		{"kms:MessageType", "kms:Sign", Unverified},
		{"kms:SigningAlgorithm", "kms:Sign", Always},
		{"kms:RotationPeriodInDays", "kms:EnableKeyRotation", Unverified},
		{"kms:RequestAlias", "kms:Decapsulate", Unverified},
		{"kms:BypassPolicyLockoutSafetyCheck", "kms:PutKeyPolicy", Sometimes},
		{"aws:RequestTag/x", "kms:TagResource", Sometimes},
		{"aws:RequestTag/x", "kms:ReplicateKey", Unverified},
		{"aws:RequestTag/x", "kms:UntagResource", Never},
		{"aws:TagKeys", "kms:UntagResource", Sometimes},
		{"kms:CallerAccount", "kms:GenerateRandom", Never},
		{"aws:PrincipalArn", "kms:ListKeys", Always},
	} {
		k, _ := ConditionKey(tt.key)
		a, _ := Lookup(tt.action)
		if got := k.Presence(RoleCaller, false, a.Index); got != tt.want {
			t.Errorf("%s of %s: got %s, want %s", tt.key, tt.action, got, tt.want)
		}
	}
	grant, _ := Lookup("kms:CreateGrant")
	k, _ := ConditionKey("kms:GrantIsForAWSResource")
	if got := k.Presence(RoleCaller, true, grant.Index); got != Sometimes {
		t.Errorf("through a service: got %s", got)
	}
	if (Key{}).Presence(RoleCaller, false, 0) != Never || k.Presence(99, false, grant.Index) != Never || k.Presence(RoleCaller, false, 99) != Never {
		t.Error("what does not exist is carried")
	}
}

// TestTablesAgree: every row of Go code speaks of a key or action of the data.
func TestTablesAgree(t *testing.T) {
	for base, row := range matrix {
		if _, ok := keyIndex[strings.ToLower(base)]; !ok || len(row.direct) != callers {
			t.Errorf("presence of %q", base)
		}
	}
	for base, set := range doubtful {
		i, ok := keyIndex[strings.ToLower(base)]
		if !ok || set == 0 || set&^keys[i].Actions != 0 {
			t.Errorf("doubtful presence of %q", base)
		}
	}
	for base := range onlyWith {
		if _, ok := keyIndex[strings.ToLower(base)]; !ok {
			t.Errorf("actions of %q", base)
		}
	}
	for _, names := range [][]string{plaintextNames, takeoverNames, destroyNames} {
		for _, n := range names {
			if _, ok := Lookup("kms:" + n); !ok {
				t.Errorf("class of %q", n)
			}
		}
	}
	for _, list := range [][]string{AdministratorActions, GrantActions, UseActions("", ""), UseActions("RSA_2048", "ENCRYPT_DECRYPT"),
		UseActions("", "SIGN_VERIFY"), UseActions("", "GENERATE_VERIFY_MAC"), UseActions("", "KEY_AGREEMENT"), UseActions("", "ENCAPSULATE_DECAPSULATE"), UseActions("", "FUTURE")} {
		for _, a := range list {
			if Expand(a) == 0 {
				t.Errorf("%s is no action", a)
			}
		}
	}
	for _, f := range Services() {
		for _, a := range f.Actions {
			if Expand(a) == 0 {
				t.Errorf("%s: %s is no action", f.Name, a)
			}
		}
		if f.ContextKey != "" {
			if _, ok := ConditionKey("kms:EncryptionContext:" + f.ContextKey); !ok {
				t.Errorf("%s: context %s", f.Name, f.ContextKey)
			}
		}
		if f.Recommended != "" {
			if _, ok := ConditionKey(f.Recommended); !ok {
				t.Errorf("%s: recommends %s", f.Name, f.Recommended)
			}
		}
		if f.Origin == "" || f.Short == "" {
			t.Errorf("%s: no origin", f.Name)
		}
	}
}

func TestUseActionsFitTheKey(t *testing.T) {
	for _, k := range [][2]string{{"", ""}, {"SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"}, {"RSA_2048", "ENCRYPT_DECRYPT"}, {"RSA_2048", "SIGN_VERIFY"},
		{"HMAC_512", "GENERATE_VERIFY_MAC"}, {"ECC_NIST_P256", "KEY_AGREEMENT"}, {"ML_KEM_512", "ENCAPSULATE_DECAPSULATE"}} {
		can := Possible(k[0], k[1])
		var use ActionSet
		for _, a := range UseActions(k[0], k[1]) {
			use |= Expand(a)
		}
		if use&^can != 0 {
			t.Errorf("%v: %v is not possible", k, (use &^ can).Names())
		}
		if missing := can & Cryptographic &^ use &^ IAMOnly; missing != 0 {
			t.Errorf("%v: %v is missing", k, missing.Names())
		}
	}
}

func TestService(t *testing.T) {
	for asked, want := range map[string]string{
		"logs.eu-west-1.amazonaws.com":      "logs",
		"LOGS.us-gov-east-1.amazonaws.com":  "logs",
		"logs.amazonaws.com":                "logs",
		"logs.cn-north-1.amazonaws.com.cn":  "logs",
		"logs.\U000F0000.amazonaws.com":     "logs",
		"delivery.logs.amazonaws.com":       "delivery.logs",
		"cloudtrail.amazonaws.com":          "cloudtrail",
		"events.amazonaws.com":              "events",
		"logs.eu-west-1.amazonaws.com.evil": "",
		"logs":                              "",
		"delivery.logs.x.amazonaws.com":     "",
		"ec2.amazonaws.com":                 "",
		"logsx.amazonaws.com":               "",
		"":                                  "",
		".amazonaws.com":                    "",
	} {
		if f, ok := Service(asked); f.Short != want || ok != (want != "") || ok && f.Name != asked {
			t.Errorf("%q: got %q, %v", asked, f.Short, ok)
		}
	}
	for name, want := range map[string][3]Sends{
		"cloudtrail.amazonaws.com":     {SendsYes, SendsYes, SendsUnverified},
		"logs.eu-west-1.amazonaws.com": {SendsUnverified, SendsUnverified, SendsUnverified},
		"events.amazonaws.com":         {SendsUnverified, SendsUnverified, SendsUnverified},
		"config.amazonaws.com":         {SendsUnverified, SendsYes, SendsUnverified},
	} {
		if f, _ := Service(name); [3]Sends{f.SourceArn, f.SourceAccount, f.SourceOrg} != want {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"kms:Decypt":             "kms:Decrypt",
		"kms:decrypts":           "kms:Decrypt",
		"kms:GenerateDataKeys":   "kms:GenerateDataKey",
		"kms:ReEncrypt":          "kms:ReEncrypt*",
		"kms:PutPolicy":          "kms:PutKeyPolicy",
		"kms:Decrypt":            "",
		"kms:Frobnicate":         "",
		"":                       "",
		strings.Repeat("x", 1e6): "",
	} {
		if got := Nearest(name); got != want {
			t.Errorf("%.40q: got %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"aws:PrincipalOrgId":            "",
		"aws:PrincipleArn":              "aws:PrincipalArn",
		"aws:SourceARNs":                "aws:SourceArn",
		"kms:CallerAcount":              "kms:CallerAccount",
		"aws:PrincipleTag/team":         "aws:PrincipalTag/team",
		"kms:EncryptionContxt:aws:arn":  "kms:EncryptionContext:aws:arn",
		"kms:EncryptonContext:Dept":     "kms:EncryptionContext:Dept",
		"kms:RecipientAttestation:PRC3": "kms:RecipientAttestation:PCR3",
		"s3:prefix":                     "",
	} {
		if got := NearestKey(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := NearestService("cloudtrial.amazonaws.com"); got != "cloudtrail.amazonaws.com" {
		t.Errorf("got %q", got)
	}
	if got := NearestService("quicksight.amazonaws.com"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"ab", "ba", 1}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q, %q: got %d", tt.a, tt.b, got)
		}
		if distance(tt.b, tt.a) != tt.want {
			t.Errorf("%q, %q: not symmetric", tt.a, tt.b)
		}
	}
}

// TestArticle: the lists of the article that kmsguard's fix follows.
func TestArticle(t *testing.T) {
	var admin ActionSet
	for _, a := range AdministratorActions {
		admin |= Expand(a)
	}
	if len(AdministratorActions) != 14 || !admin.HasName("kms:PutKeyPolicy") || admin&Plaintext != 0 {
		t.Errorf("administrators: %v", admin.Names())
	}
	if got := fmt.Sprint(UseActions("", "")); got != "[kms:Encrypt kms:Decrypt kms:ReEncrypt* kms:GenerateDataKey* kms:DescribeKey]" {
		t.Errorf("use: %s", got)
	}
}

func BenchmarkExpand(b *testing.B) {
	for b.Loop() {
		Expand("kms:GenerateDataKey*")
	}
}
