package page

import (
	"plenum/bench"
	"plenum/bench/compare"
)

// page is the data of the template. The template needs exported names.
type page struct {
	Title    string
	Summary  []Badge
	Base     *Series // the series that all others are compared with; nil: there are several
	Verdicts []Tally
	Servers  []*Series
	Sections []*section
	Machines []Machine
}

// Badge is a verdict in words, with its CSS class.
type Badge struct{ Text, Class string }

// Tally counts the verdicts of a series, compared with another one.
type Tally struct {
	Series, Base             *Series
	Better, Worse, Undecided int
}

// section is one entry with one set of options.
type section struct {
	ID       string
	Title    string
	Command  string
	Columns  []string
	Rows     []tableRow
	Remarks  []string // failures, held back runs and conditions
	Notes    []string
	Plots    []Plot
	Metrics  []string // columns of Compared
	Base     *Series  // the series that all rows of Compared are compared with; nil: there are several
	Compared []comparedRow
	Figures  table
	Stages   []table
	Options  [][2]string
	Files    []*bench.ScenarioFile

	members []*member
	entry   string
	options map[string]any
}

// member is one group of a section, with its series and its side.
type member struct {
	series *Series
	side   *compare.Side
	group  *compare.Group
}

type tableRow struct {
	Series *Series
	Runs   []Badge
	Cells  []string
}

// comparedRow compares a series with another one.
type comparedRow struct {
	Series, Base *Series
	Outcomes     []Badge
	Cells        []comparedCell
}

type comparedCell struct{ Ratio, Interval, Verdict, Why string }

// table is a table with a heading.
type table struct {
	Title   string
	Open    bool // shown without a click
	Columns []string
	Rows    [][]string
}

// Machine describes the machine that a side was measured on. A row has a name and its values.
type Machine struct {
	Side string
	Rows [][2]string
}
