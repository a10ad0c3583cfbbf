package solana

// What instructions consume at most, in compute units, with headroom: the limit is
// what a priority fee is charged on, so it is not set higher than it helps. The
// tests run every kind of batch and compare.
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
