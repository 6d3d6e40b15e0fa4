// Package authz decides what KMS key policies allow: exactly, or not at all.
//
// A request is a point, a statement is a set of boxes, a policy is the union of its Allow boxes less the union of its
// Deny boxes, kept as two sets: direct (the key policy alone lets the caller in) and delegated (the caller's account
// decides by IAM). Every question is one primitive: is this box, less those boxes, empty, and if not, which point is
// in it? (decision-procedure.md §1.2, §1.3)
//
// What depends on what is settled outside the boxes, by a case split: who calls (root user, IAM user, role session,
// federated user, AWS service), from which account (the own one, each that a policy names, all others), and whether a
// service passes the call on (forward access session). Inside a case all dimensions are independent but for one tie:
// which keys a request carries depends on its action. Keys that depend on each other are tied by more boxes to stay out
// of, such as an organization with paths of another.
//
// Three answers. [Yes] comes with a [policy.Request]; [No] is proved; [Undecided] names the construct, the undocumented
// fact or the budget that ran out. Facts that semantics.md marks UNVERIFIED, and what a template hides, are dimensions
// too: a no holds whatever they are, a yes has a request that does not depend on them, and they are the same in a policy
// and its changed copy. Keys of which nobody says whether requests carry them must do for a request in both ways.
//
// Laws (tested): inclusion is reflexive and transitive; order and splitting of statements and the letter case of
// actions change nothing; an added Allow never removes and an added Deny never adds access. README.md has the evidence.
package authz
