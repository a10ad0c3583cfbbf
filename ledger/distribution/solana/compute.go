package solana

// What instructions consume at most, in compute units. A batch that reaches its limit
// fails as a whole, while units that are left over cost nothing but their part of the
// priority fee, so there is headroom: for the token program as it was before it was
// rewritten, when a transfer took some 6,200 units instead of 105 (SIMD-0266).
// Measured on the runtime of the tests: 2,400 units of the 166,000 that 17 transfers
// set, 113,000 of the 337,000 of 8 that create their accounts.
const (
	unitsBase     = 30_000 // the compute budget's own instructions, the nonce's, the memo
	unitsTransfer = 8_000
	unitsMember   = 1_000 // a member of a multisig, each transfer
	unitsCreate   = 30_000
	unitsBump     = 1_500 // a try to derive an address (create_program_address_units)
)

// computeUnits is the limit that a batch sets. Creating an account derives its
// address anew, and that takes a try for each bump from 255 down to its own.
func computeUnits(src Source, payees []payee) uint32 {
	units := uint32(unitsBase)
	for _, p := range payees {
		units += unitsTransfer + unitsMember*uint32(len(src.Signers))
		if p.Create {
			units += unitsCreate + unitsBump*uint32(255-p.bump)
		}
	}
	return units
}
