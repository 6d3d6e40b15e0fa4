package kms

import "slices"

// Sids that AWS's documents give to the statements of a key policy: the console's (semantics.md §2.8), and of the
// article "prevent IAM policies from allowing a user or role to access a KMS key" the statement that closes delegation.
const (
	SidDelegation = "Enable IAM User Permissions"
	SidRootOnly   = "EnableRootAccessAndPreventPermissionDelegation"
	SidAdminister = "Allow access for Key Administrators"
	SidUse        = "Allow use of the key"
	SidAttach     = "Allow attachment of persistent resources"
)

// AdministratorActions are the actions of the statement [SidAdminister] in the article. Put* and Create* hold
// PutKeyPolicy and CreateGrant, so that administrators can make themselves users (semantics.md §2.8).
var AdministratorActions = []string{
	"kms:Create*",
	"kms:Describe*",
	"kms:Enable*",
	"kms:List*",
	"kms:Put*",
	"kms:Update*",
	"kms:Revoke*",
	"kms:Disable*",
	"kms:Get*",
	"kms:Delete*",
	"kms:TagResource",
	"kms:UntagResource",
	"kms:ScheduleKeyDeletion",
	"kms:CancelKeyDeletion",
}

// GrantActions are the actions of the statement [SidAttach], which goes with Bool kms:GrantIsForAWSResource true.
var GrantActions = []string{"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"}

// UseActions returns the actions of the statement [SidUse] for a key of this kind, in the article's order. spec and
// usage are the key's KeySpec and KeyUsage; empty ones mean KMS's default, a symmetric key (semantics.md §2.7, §2.8).
func UseActions(spec, usage string) []string {
	switch k := kindOf(spec, usage); k {
	case symmetric:
		return []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"}
	case encryption:
		return []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:DescribeKey", "kms:GetPublicKey"}
	case signing:
		return []string{"kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"}
	case mac:
		return []string{"kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"}
	case agreement:
		return []string{"kms:DeriveSharedSecret", "kms:DescribeKey", "kms:GetPublicKey"}
	case encapsulation:
		return []string{"kms:Decapsulate", "kms:DescribeKey", "kms:Encapsulate", "kms:GetPublicKey"}
	}
	return []string{"kms:DescribeKey"}
}

// kind is what a key can do, from its KeyUsage and whether it is symmetric.
type kind uint8

const (
	unknownKind kind = iota
	symmetric
	encryption // asymmetric
	signing
	mac
	agreement
	encapsulation
)

func kindOf(spec, usage string) kind {
	switch usage {
	case "", "ENCRYPT_DECRYPT":
		if spec == "" || spec == "SYMMETRIC_DEFAULT" {
			return symmetric
		}
		if usage == "" {
			return unknownKind // other specs have no default usage, or one that is not in the tables
		}
		return encryption
	case "SIGN_VERIFY":
		return signing
	case "GENERATE_VERIFY_MAC":
		return mac
	case "KEY_AGREEMENT":
		return agreement
	case "ENCAPSULATE_DECAPSULATE":
		return encapsulation
	}
	return unknownKind
}

// Possible returns the actions that a key of this spec and usage can do; empty ones mean a symmetric key. Where the
// two say nothing that the tables know, it is every action. Source: semantics.md §2.7 and data/kms-actions.json.
func Possible(spec, usage string) ActionSet {
	k := kindOf(spec, usage)
	if k == unknownKind {
		return All
	}
	if usage == "" {
		usage = "ENCRYPT_DECRYPT"
	}
	return where(func(a Action) bool {
		switch {
		case a.Name == "kms:GetPublicKey":
			return k != symmetric && k != mac
		case len(a.KeyUsages) == 0:
			return true
		case a.SymmetricOnly:
			return k == symmetric
		}
		return slices.Contains(a.KeyUsages, usage)
	})
}
