package submit

// SetStep has f called between any two steps, until the returned function is called.
// No run may be under way.
func SetStep(f func(name string)) (restore func()) {
	before := step
	step = f
	return func() { step = before }
}
