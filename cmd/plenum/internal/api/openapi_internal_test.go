package api

import (
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDescriptionsHaveEveryRouteOfTheAPIAndNoOther(t *testing.T) {
	t.Parallel()
	assert.Equal(t, served(New(Config{}).resources()), described(t, openAPI))
	operators := New(Config{Operators: true, Channels: new(Channels)})
	assert.Equal(t, served(operators.channels()), described(t, channelsOpenAPI))
	assert.Len(t, operators.resources(), len(New(Config{}).resources())+len(operators.channels()))
}

func TestTheChannelsAreServedOnlyToOperatorsAndOnlyIfThereAreAny(t *testing.T) {
	t.Parallel()
	assert.Equal(t, served(New(Config{}).resources()), served(New(Config{Channels: new(Channels)}).resources()))
	assert.Equal(t, []string{"GET /api/apps"}, served(New(Config{Operators: true}).channels()))
}

// served returns the methods and paths of resources, sorted.
func served(resources map[string]methods) (all []string) {
	for path, m := range resources {
		for method := range m {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// described returns the methods and paths of an OpenAPI document, sorted.
func described(t *testing.T, document []byte) (all []string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(document)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}
