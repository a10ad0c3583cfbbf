// Package wallet answers one question: where may it be paid to?
package wallet
