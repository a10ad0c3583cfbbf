package solana

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// reason says in a word why a transaction failed, and at which instruction, counted
// from 0; "" and -1 if it did not. What nodes say are the names of the runtime's
// TransactionError, with an InstructionError inside it:
//
//	null                                        "", -1
//	"BlockhashNotFound"                         "BlockhashNotFound", -1
//	{"InstructionError":[3,{"Custom":17}]}      "instruction 3: Custom 17", 3
//	{"InsufficientFundsForRent":{"account_index":3}}   its JSON, -1
func reason(failed any) (string, int) {
	switch failed := failed.(type) {
	case nil:
		return "", -1
	case string:
		return failed, -1
	case map[string]any:
		if what, at, err := instructionError(failed); err == nil {
			return fmt.Sprintf("instruction %d: %s", at, what), at
		}
	}
	text, err := json.Marshal(failed)
	if err != nil || len(text) == 0 {
		return "a failure of unknown form", -1
	}
	return string(text), -1
}

func instructionError(failed map[string]any) (what string, at int, err error) {
	pair, _ := failed["InstructionError"].([]any)
	if len(pair) != 2 {
		return "", 0, errors.New("another error")
	}
	if at, err = strconv.Atoi(fmt.Sprint(pair[0])); err != nil {
		return "", 0, err
	}
	if custom, is := pair[1].(map[string]any); is && custom["Custom"] != nil {
		return fmt.Sprintf("Custom %v", custom["Custom"]), at, nil
	}
	if name, is := pair[1].(string); is {
		return name, at, nil
	}
	text, err := json.Marshal(pair[1])
	return string(text), at, err
}
