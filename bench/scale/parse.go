package scale

import (
	"fmt"
	"strconv"
	"strings"
)

// parse returns the values of the only benchmark in the output of a test, by unit.
func parse(output string) (values map[string]float64, err error) {
	for line := range strings.Lines(output) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		if values != nil {
			return nil, fmt.Errorf("more than one benchmark:\n%s", output)
		}
		if values, err = pairs(f[2:]); err != nil {
			return nil, fmt.Errorf("%w: %s", err, line)
		}
	}
	if values == nil || !strings.Contains(output, "\nPASS\n") {
		return nil, fmt.Errorf("no result of a benchmark:\n%s", output)
	}
	return values, nil
}

// pairs returns values that are followed by their units.
func pairs(fields []string) (map[string]float64, error) {
	values := map[string]float64{}
	for i := 0; i+1 < len(fields); i += 2 {
		v, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return nil, err
		}
		values[fields[i+1]] = v
	}
	return values, nil
}
