package launcher

import "github.com/dagster-go/dagster/storage"

// keptExits is how many ends are remembered.
const keptExits = 1000

// exits remembers how the latest workers ended. The zero value is empty; its owner guards it.
type exits struct {
	by    map[storage.RunID]ended
	order []storage.RunID // oldest first; a run may be in it again
	next  int             // where the next one goes once order is full
}

type ended struct {
	epoch int64
	exit  *Exit
	place int // in order
}

func (x *exits) add(run storage.RunID, epoch int64, exit *Exit) {
	if x.by == nil {
		x.by = map[storage.RunID]ended{}
	}
	place := x.next
	if len(x.order) < keptExits {
		place = len(x.order)
		x.order = append(x.order, run)
	} else {
		if old := x.order[place]; x.by[old].place == place {
			delete(x.by, old)
		}
		x.order[place] = run
		x.next = (x.next + 1) % keptExits
	}
	x.by[run] = ended{epoch, exit, place}
}

func (x *exits) health(run storage.RunID) Health {
	e := x.by[run]
	return Health{State: Gone, Epoch: e.epoch, Exit: e.exit}
}
