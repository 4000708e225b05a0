package channelsapi

import (
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"plenum/rooms"
	"plenum/rooms/natsbus"
)

// Both directories have what the API needs.
var (
	_ Directory = rooms.LocalDirectory{}
	_ Directory = natsbus.Directory{}
)

func TestTheDescriptionHasEveryRouteOfTheAPIAndNoOther(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(openAPI)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	served := []string{"GET /apps/openapi.json"}
	for path, m := range New(Config{}).resources() {
		for method := range m {
			served = append(served, method+" "+strings.ReplaceAll(path, "...}", "}"))
		}
	}
	var described []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(described)
	slices.Sort(served)
	assert.Equal(t, served, described)
}
