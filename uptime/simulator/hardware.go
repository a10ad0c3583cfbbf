package simulator

// hardware is a GPU model as suppliers have it.
type hardware struct {
	model      string
	share      int32 // per mille of the honest devices
	largest    int32 // the highest gpu_count is 1 << largest
	jobsPerDay int32 // per mille of the days on which a device of it has a job
}

// catalogue holds the honest devices' models; the shares make 1000.
var catalogue = [...]hardware{
	{"NVIDIA H100 PCIe", 60, 3, 450},
	{"NVIDIA A100-SXM4-80GB", 90, 3, 400},
	{"NVIDIA GeForce RTX 4090", 240, 3, 150},
	{"NVIDIA GeForce RTX 3090", 200, 2, 100},
	{"NVIDIA GeForce RTX 3080 Ti", 120, 2, 60},
	{"NVIDIA RTX A6000", 90, 3, 200},
	{"NVIDIA L40S", 60, 3, 250},
	{"NVIDIA T4", 80, 2, 40},
	{"Apple M2 Max", 60, 0, 30},
}

// claimed is how many models of the catalogue virtual devices claim to be: the
// first, dearest ones.
const claimed = 2

var connectivities = [...]string{"low", "medium", "high", "ultra"}

// hardwareOf returns the model of an honest device.
func (w *World) hardwareOf(honest int) hardware {
	rank := perMille(w.key(traitModel).quantile(honest, len(w.lives)))
	for _, h := range catalogue {
		if rank -= h.share; rank < 0 {
			return h
		}
	}
	panic("simulator: the catalogue's shares do not make 1000")
}

// countOf returns how many GPUs an honest device registers with: 1, 2, 4 or 8,
// more than half of the devices with one.
func (w *World) countOf(honest int, h hardware) int32 {
	draw := w.key(traitCount).at(uint64(honest))
	return 1 << max(0, part(draw, 0, 2*(h.largest+1))-h.largest-1)
}

// connectivityOf returns the place in connectivities that an honest device
// registers with.
func (w *World) connectivityOf(honest int) int32 {
	return part(w.key(traitConnectivity).at(uint64(honest)), 0, int32(len(connectivities)))
}
