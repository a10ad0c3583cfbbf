// Package town is a small world behind a real API: a network of some devices, read and
// closed; a season sealed twice and taken a third time, another one estimated; money
// paid, prepared and carried; appeals, wallets, webhooks, tasks; and people of every
// kind, whose names, texts and numbers are such as turn up nowhere else.
//
//	Owner ── devices, lines, payouts, appeal, wallet, webhook      the one who asks
//	Stranger ── the same kinds of things                           whose things nobody else sees
//	ada, grace ── rewards   ann, bob ── finance   oscar ── operator
//
// Texts that must not travel have a Secret each, which says whose it is and which roles
// may read it.
//
// It is for tests only, and must not be imported by the program.
package town
