package page_test

import (
	"testing"

	"plenum/cmd/plenum/internal/page/pagetest"
)

func TestPageHoldsAConversationInABrowser(t *testing.T) {
	server := startRoomServer(t)
	pagetest.Run(t, server.url(), pagetest.Hooks{Restart: server.restart})
}
