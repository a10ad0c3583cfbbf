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

// instructions returns the instructions of a batch in their order; accounts are
// the token accounts of its transfers.
func instructions(src Source, b Batch, accounts []Key) []solanago.Instruction {
	list := make([]solanago.Instruction, 0, 4+2*len(b.Transfers))
	if !b.Nonce.IsZero() { // the runtime looks for it in the first place only
		list = append(list, system.NewAdvanceNonceAccountInstruction(b.Nonce, solanago.SysVarRecentBlockHashesPubkey, src.FeePayer).Build())
	}
	list = append(list,
		computebudget.NewSetComputeUnitLimitInstruction(b.ComputeUnits).Build(),
		computebudget.NewSetComputeUnitPriceInstruction(0).Build())
	for i, t := range b.Transfers {
		if t.Create {
			list = append(list, createAccount(src, t.Wallet, accounts[i]))
		}
		list = append(list, token.NewTransferCheckedInstruction(
			t.Amount, src.Decimals, src.Account, src.Mint, accounts[i], src.Owner, src.Signers).Build())
	}
	// Without accounts the memo asks for no signature beyond those of the transaction.
	return append(list, solanago.NewInstruction(solanago.MemoProgramID, nil, []byte(b.Memo)))
}

func createAccount(src Source, wallet, account Key) solanago.Instruction {
	return solanago.NewInstruction(solanago.SPLAssociatedTokenAccountProgramID, solanago.AccountMetaSlice{
		solanago.Meta(src.FeePayer).WRITE().SIGNER(),
		solanago.Meta(account).WRITE(),
		solanago.Meta(wallet),
		solanago.Meta(src.Mint),
		solanago.Meta(solanago.SystemProgramID),
		solanago.Meta(solanago.TokenProgramID),
	}, createIdempotent)
}
