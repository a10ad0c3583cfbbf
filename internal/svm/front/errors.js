// Transaction errors, as a node writes them in JSON and in words.
'use strict'

const native = require('litesvm/dist/internal.js')

// The errors without details, by litesvm's numbers: those of the enumerations
// TransactionErrorFieldless and InstructionErrorFieldless in its declarations.
const transactionErrors = `
	AccountInUse AccountLoadedTwice AccountNotFound ProgramAccountNotFound InsufficientFundsForFee
	InvalidAccountForFee AlreadyProcessed BlockhashNotFound CallChainTooDeep MissingSignatureForFee
	InvalidAccountIndex SignatureFailure InvalidProgramForExecution SanitizeFailure ClusterMaintenance
	AccountBorrowOutstanding WouldExceedMaxBlockCostLimit UnsupportedVersion InvalidWritableAccount
	WouldExceedMaxAccountCostLimit WouldExceedAccountDataBlockLimit TooManyAccountLocks
	AddressLookupTableNotFound InvalidAddressLookupTableOwner InvalidAddressLookupTableData
	InvalidAddressLookupTableIndex InvalidRentPayingAccount WouldExceedMaxVoteCostLimit
	WouldExceedAccountDataTotalLimit MaxLoadedAccountsDataSizeExceeded ResanitizationNeeded
	InvalidLoadedAccountsDataSizeLimit UnbalancedTransaction ProgramCacheHitMaxLimit CommitCancelled`.trim().split(/\s+/)
const instructionErrors = `
	GenericError InvalidArgument InvalidInstructionData InvalidAccountData AccountDataTooSmall InsufficientFunds
	IncorrectProgramId MissingRequiredSignature AccountAlreadyInitialized UninitializedAccount
	UnbalancedInstruction ModifiedProgramId ExternalAccountLamportSpend ExternalAccountDataModified
	ReadonlyLamportChange ReadonlyDataModified DuplicateAccountIndex ExecutableModified RentEpochModified
	NotEnoughAccountKeys AccountDataSizeChanged AccountNotExecutable AccountBorrowFailed AccountBorrowOutstanding
	DuplicateAccountOutOfSync InvalidError ExecutableDataModified ExecutableLamportChange
	ExecutableAccountNotRentExempt UnsupportedProgramId CallDepth MissingAccount ReentrancyNotAllowed
	MaxSeedLengthExceeded InvalidSeeds InvalidRealloc ComputationalBudgetExceeded PrivilegeEscalation
	ProgramEnvironmentSetupFailure ProgramFailedToComplete ProgramFailedToCompile Immutable IncorrectAuthority
	AccountNotRentExempt InvalidAccountOwner ArithmeticOverflow UnsupportedSysvar IllegalOwner
	MaxAccountsDataAllocationsExceeded MaxAccountsExceeded MaxInstructionTraceLengthExceeded
	BuiltinProgramsMustConsumeComputeUnits BorshIoError`.trim().split(/\s+/)

// toJSON gives the form that getTransaction and simulateTransaction show: a name, or an
// object of one name and its details.
function toJSON(err) {
	if (typeof err === 'number') return transactionErrors[err] ?? `TransactionError${err}`
	if (err instanceof native.TransactionErrorInstructionError) return { InstructionError: [err.index, instructionError(err.err())] }
	if (err instanceof native.TransactionErrorDuplicateInstruction) return { DuplicateInstruction: err.index }
	if (err instanceof native.TransactionErrorInsufficientFundsForRent) return { InsufficientFundsForRent: { account_index: err.accountIndex } }
	return { ProgramExecutionTemporarilyRestricted: { account_index: err.accountIndex } }
}

function instructionError(err) {
	if (typeof err === 'number') return instructionErrors[err] ?? `InstructionError${err}`
	if (err instanceof native.InstructionErrorCustom) return { Custom: err.code }
	return { BorshIoError: err.msg }
}

const words = {
	AccountNotFound: 'Attempt to debit an account but found no record of a prior credit.',
	AlreadyProcessed: 'This transaction has already been processed',
	BlockhashNotFound: 'Blockhash not found',
	InsufficientFundsForFee: 'Insufficient funds for fee',
	SignatureFailure: 'Transaction did not pass signature verification',
}

// inWords gives the sentence that follows "Transaction simulation failed: ".
function inWords(err) {
	if (typeof err === 'string') return words[err] || spaced(err)
	if (!err.InstructionError) return spaced(Object.keys(err)[0])
	const [index, cause] = err.InstructionError
	const said = typeof cause === 'string' ? spaced(cause)
		: 'Custom' in cause ? `custom program error: 0x${cause.Custom.toString(16)}` : spaced(Object.keys(cause)[0])
	return `Error processing Instruction ${index}: ${said}`
}

const spaced = name => name.replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`)

module.exports = { toJSON, inWords }
