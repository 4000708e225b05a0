package settings

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

// Print writes one line per setting: name, value and origin.
func (c Command) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range c.Settings {
		if _, err := fmt.Fprintf(table, "%s\t%s\t(%s)\n", s.Name, s.Value, s.Origin); err != nil {
			return err
		}
	}
	return table.Flush()
}

// settings returns the values of the parsed flags.
func (s *sources) settings(flags []*kong.Flag) []Setting {
	var list []Setting
	for _, flag := range flags {
		if !isSetting(flag.Name) {
			continue
		}
		value := flag.Target.Interface()
		list = append(list, Setting{
			Name: flag.Name, Value: valueText(value), Origin: s.origin(flag.Name), Reloadable: flag.Tag.Has(reloadTag), value: func() any { return value },
		})
	}
	return list
}

func valueText(value any) string {
	text := fmt.Sprint(value)
	if list, ok := value.([]string); ok {
		text = strings.Join(list, ",")
	}
	if text == "" {
		return `""`
	}
	return text
}
