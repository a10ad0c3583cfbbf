package town

import (
	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
)

// Secret is a text that only some may read.
type Secret struct {
	Name  string
	Text  string
	Of    *Party      // who may read it; nil: no supplier
	Roles []auth.Role // of staff, who may
}

// What roles may read of a kind. Operators see in the audit log what was asked for, and
// by whom.
var (
	everyStaff = []auth.Role{auth.Rewards, auth.Finance, auth.Operator}
	ofTeam     = []auth.Role{auth.Rewards, auth.Finance}
)

// gather names the secrets.
func (w *Town) gather() {
	for _, p := range []*Party{w.Owner, w.Stranger} {
		who := "owner's "
		if p == w.Stranger {
			who = "stranger's "
		}
		add := func(name, text string, roles ...auth.Role) {
			if text != "" {
				w.Secrets = append(w.Secrets, Secret{who + name, text, p, roles})
			}
		}
		add("id", p.ID.String(), everyStaff...)
		add("token subject", p.Subject, everyStaff...)
		add("wallet", p.Wallet, everyStaff...)
		add("unproved wallet", w.world.Wallet(w.unused(p)), everyStaff...)
		add("appeal", p.Appeal, everyStaff...)
		add("reason to appeal", p.reason, auth.Rewards)
		add("evidence", p.evidence, auth.Rewards)
		add("webhook", p.Webhook, auth.Operator)
		add("webhook's address", p.hook)
		for i := range w.world.Devices() {
			if d := w.world.Device(i); d.Facts.SupplierID == p.ID && d.ID != w.Moved && d.SoldAt.IsZero() {
				add("device", d.ID.String(), everyStaff...)
			}
		}
	}
	w.Secrets = append(w.Secrets,
		Secret{"owner's device name", "owner-rig-periwinkle", w.Owner, ofTeam},
		Secret{"stranger's device name", "stranger-rig-heliotrope", w.Stranger, ofTeam},
		Secret{"third supplier's id", w.Third.String(), nil, everyStaff},
		Secret{"third supplier's wallet", w.world.Wallet(w.Third), nil, everyStaff},
	)
	for _, name := range []string{Ada, Grace, Ann, Bob, Oscar} {
		w.Secrets = append(w.Secrets, Secret{"name of a person", name, nil, everyStaff})
	}
	for _, note := range []string{"bergamot", "galangal", "hyssop", "lovage", "fennel", "oleander", "sorrel", "wormwood", "yarrow"} {
		w.Secrets = append(w.Secrets, Secret{"word of staff", note, nil, everyStaff})
	}
}

// unused is a supplier of the simulator whose wallet a party asks to prove.
func (w *Town) unused(p *Party) uuid.UUID {
	return uuid.NewSHA1(p.ID, []byte("another wallet"))
}
