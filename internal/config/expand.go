package config

import "strings"

// Expand puts values in the place of ${AWS::Partition} and ${AWS::AccountId} of an ARN. An empty value leaves the
// variable as it is: it then is that of the template.
func Expand(arn, partition, account string) string {
	if partition != "" {
		arn = strings.ReplaceAll(arn, "${AWS::Partition}", partition)
	}
	if account != "" {
		arn = strings.ReplaceAll(arn, "${AWS::AccountId}", account)
	}
	return arn
}
