package page

import (
	"plenum/bench"
	"plenum/bench/compare"
)

// page is what the template shows.
type page struct {
	Title    string
	Summary  []Badge
	Base     *Series // that all others are compared with; nil: there are several
	Verdicts []Tally
	Servers  []*Series
	Sections []*section
	Machines []Machine
}

// Badge is a verdict in words, with a class of its own.
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
	Base     *Series  // that all rows of Compared are compared with; nil: there are several
	Compared []comparedRow
	Figures  table
	Stages   []table
	Options  [][2]string
	Files    []*bench.ScenarioFile

	members []*member
	entry   string
	options map[string]any
}

// member is a group of a section.
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
	Open    bool // it is not folded
	Columns []string
	Rows    [][]string
}

// Machine is the machine that a side was measured on.
type Machine struct {
	Side string
	Rows [][2]string
}
