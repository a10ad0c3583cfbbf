package solana

import (
	"encoding/binary"
	"fmt"
	"strings"

	solanago "github.com/gagliardetto/solana-go"
)

// decodeInstructions returns the transfers and memos of a transaction's own
// instructions.
func decodeInstructions(keys []Key, list []solanago.CompiledInstruction, balances map[Key]balance) (moves []Moved, memo string, err error) {
	var memos []string
	for i, in := range list {
		accounts := make([]Key, len(in.Accounts))
		for j, index := range append(in.Accounts, in.ProgramIDIndex) {
			if int(index) >= len(keys) {
				return nil, "", fmt.Errorf("%w: instruction %d speaks of account %d of %d", ErrUndecodable, i, index, len(keys))
			}
			if j < len(accounts) {
				accounts[j] = keys[index]
			}
		}
		switch keys[in.ProgramIDIndex] {
		case solanago.TokenProgramID:
			if moved, is := decodeTransfer(accounts, in.Data, balances); is {
				moves = append(moves, moved)
			}
		case solanago.MemoProgramID, memoProgramV1:
			memos = append(memos, string(in.Data))
		}
	}
	return moves, strings.Join(memos, "; "), nil
}

// memoProgramV1 is the memo program's first version, which nodes read as well.
var memoProgramV1 = solanago.MustPublicKeyFromBase58("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo")

// Instructions of the token program: its number, the amount, 8 bytes little-endian,
// and for the second the decimals (TokenInstruction of spl-token).
const (
	transfer        = 3  // source, destination, authority, …
	transferChecked = 12 // source, mint, destination, authority, …
)

func decodeTransfer(accounts []Key, data []byte, balances map[Key]balance) (Moved, bool) {
	var moved Moved
	switch {
	case len(data) >= 9 && data[0] == transfer && len(accounts) >= 3:
		moved = Moved{From: accounts[0], To: accounts[1], Mint: balances[accounts[0]].mint}
	case len(data) >= 10 && data[0] == transferChecked && len(accounts) >= 4:
		moved = Moved{From: accounts[0], To: accounts[2], Mint: accounts[1]}
	default:
		return Moved{}, false
	}
	moved.Owner = balances[moved.To].owner
	moved.Amount = binary.LittleEndian.Uint64(data[1:])
	return moved, true
}
