package ledger

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// Kind says what an account is for.
type Kind string

// The kinds of account. A supplier's money goes from earned to transit when a
// distribution is prepared, and to paid when it is settled; owing is what they
// were paid too much and is set off against later earnings.
const (
	KindTreasury Kind = "treasury" // the world outside: the only one that may go below 0
	KindPool     Kind = "pool"     // what a season has to give
	KindReserve  Kind = "reserve"  // what a season keeps back for corrections
	KindEarned   Kind = "earned"   // owed to a supplier
	KindTransit  Kind = "transit"  // on its way to a supplier
	KindPaid     Kind = "paid"     // with a supplier
	KindOwing    Kind = "owing"    // owed by a supplier
)

// Errors of accounts.
var (
	ErrAccountSyntax  = errors.New("not an account")
	ErrUnknownAccount = errors.New("unknown account")
)

// Account names one account: the treasury, one of a season, or one of a
// supplier. Accounts are comparable; the zero Account is none.
type Account struct {
	kind     Kind
	season   string
	supplier uuid.UUID
}

// Treasury returns the account that money comes from and returns to.
func Treasury() Account { return Account{kind: KindTreasury} }

// SeasonPool returns season/<code>/pool.
func SeasonPool(code string) Account { return Account{kind: KindPool, season: code} }

// SeasonReserve returns season/<code>/reserve.
func SeasonReserve(code string) Account { return Account{kind: KindReserve, season: code} }

// SupplierEarned returns supplier/<id>/earned.
func SupplierEarned(id uuid.UUID) Account { return Account{kind: KindEarned, supplier: id} }

// SupplierTransit returns supplier/<id>/transit.
func SupplierTransit(id uuid.UUID) Account { return Account{kind: KindTransit, supplier: id} }

// SupplierPaid returns supplier/<id>/paid.
func SupplierPaid(id uuid.UUID) Account { return Account{kind: KindPaid, supplier: id} }

// SupplierOwing returns supplier/<id>/owing.
func SupplierOwing(id uuid.UUID) Account { return Account{kind: KindOwing, supplier: id} }

// Kind returns what the account is for.
func (a Account) Kind() Kind { return a.kind }

// Season returns the code of the account's season, "" if it is not one of a
// season.
func (a Account) Season() string { return a.season }

// Supplier returns the id of the account's supplier, uuid.Nil if it is not one
// of a supplier.
func (a Account) Supplier() uuid.UUID { return a.supplier }

// Path returns how the account is shown and ordered: "treasury",
// "season/ignition-s1/pool", "supplier/<uuid>/earned". The database derives the
// same in the generated column ledger_account.path.
func (a Account) Path() string {
	switch a.kind {
	case KindTreasury:
		return string(KindTreasury)
	case KindPool, KindReserve:
		return "season/" + a.season + "/" + string(a.kind)
	default:
		return "supplier/" + a.supplier.String() + "/" + string(a.kind)
	}
}

// String returns the path.
func (a Account) String() string { return a.Path() }

// seasonCode repeats the check on season.code: a code holds no space or slash,
// so paths and the digests over them are unambiguous.
var seasonCode = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// check refuses an account that the constructors can make but that names
// nothing.
func (a Account) check() error {
	switch a.kind {
	case KindTreasury:
		return nil
	case KindPool, KindReserve:
		if !seasonCode.MatchString(a.season) {
			return fmt.Errorf("%w: season code %q: write lower-case letters, digits and hyphens, such as ignition-s1", ErrAccountSyntax, a.season)
		}
		return nil
	case KindEarned, KindTransit, KindPaid, KindOwing:
		return nil
	default:
		return fmt.Errorf("%w: the zero Account: name one, such as Treasury()", ErrAccountSyntax)
	}
}

// ParseAccount reads a path, in exactly the form that Path writes. The error is
// ErrAccountSyntax.
func ParseAccount(path string) (Account, error) {
	account := accountOf(strings.Split(path, "/"))
	if err := account.check(); err != nil || account.Path() != path {
		return Account{}, fmt.Errorf("ledger: %w: %q: write treasury, season/<code>/pool, season/<code>/reserve, "+
			"or supplier/<uuid>/earned, transit, paid or owing", ErrAccountSyntax, path)
	}
	return account, nil
}

// accountOf returns the account that the parts of a path may mean, or the zero
// Account.
func accountOf(parts []string) Account {
	if len(parts) == 1 {
		return Account{kind: Kind(parts[0])}
	}
	if len(parts) != 3 {
		return Account{}
	}
	switch kind := Kind(parts[2]); parts[0] {
	case "season":
		return Account{kind: kind, season: parts[1]}
	case "supplier":
		supplier, err := uuid.Parse(parts[1])
		if err != nil {
			return Account{}
		}
		return Account{kind: kind, supplier: supplier}
	default:
		return Account{}
	}
}
