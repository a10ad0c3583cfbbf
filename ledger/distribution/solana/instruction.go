package solana

import (
	solanago "github.com/gagliardetto/solana-go"
	computebudget "github.com/gagliardetto/solana-go/programs/compute-budget"
	"github.com/gagliardetto/solana-go/programs/system"
	"github.com/gagliardetto/solana-go/programs/token"
)

// createIdempotent is the data of the instruction of the associated token account
// program that creates an account unless it exists (CreateIdempotent, variant 1).
// Variant 0 fails where it exists.
var createIdempotent = []byte{1}

// AssociatedAccount returns the token account that belongs to the owner by
// derivation, for a mint of the classic token program.
func AssociatedAccount(owner, mint Key) (Key, error) {
	account, _, err := solanago.FindAssociatedTokenAddress(owner, mint)
	return account, err
}

// instructions returns the instructions of a batch that pays the payees, in their
// order.
func instructions(src Source, b Batch, payees []payee) []solanago.Instruction {
	list := make([]solanago.Instruction, 0, 4+2*len(payees))
	if !b.Nonce.IsZero() { // the runtime looks for it in the first place only
		list = append(list, system.NewAdvanceNonceAccountInstruction(b.Nonce, solanago.SysVarRecentBlockHashesPubkey, src.FeePayer).Build())
	}
	list = append(list,
		computebudget.NewSetComputeUnitLimitInstruction(b.ComputeUnits).Build(),
		computebudget.NewSetComputeUnitPriceInstruction(0).Build())
	for _, p := range payees {
		if p.Create {
			list = append(list, createAccount(src, p))
		}
		list = append(list, token.NewTransferCheckedInstruction(
			p.Amount, src.Decimals, src.Account, src.Mint, p.account, src.Owner, src.Signers).Build())
	}
	// Without accounts the memo asks for no signature beyond those of the transaction.
	return append(list, solanago.NewInstruction(solanago.MemoProgramID, nil, []byte(b.Memo)))
}

func createAccount(src Source, p payee) solanago.Instruction {
	return solanago.NewInstruction(solanago.SPLAssociatedTokenAccountProgramID, solanago.AccountMetaSlice{
		solanago.Meta(src.FeePayer).WRITE().SIGNER(),
		solanago.Meta(p.account).WRITE(),
		solanago.Meta(p.Wallet),
		solanago.Meta(src.Mint),
		solanago.Meta(solanago.SystemProgramID),
		solanago.Meta(solanago.TokenProgramID),
	}, createIdempotent)
}
