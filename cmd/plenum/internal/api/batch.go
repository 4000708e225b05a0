package api

import (
	"cmp"
	"fmt"
	"net/http"

	"plenum/cmd/plenum/internal/access"
	"plenum/cmd/plenum/internal/answer"
	"plenum/cmd/plenum/internal/idempotency"
	"plenum/codec"
)

// batchBodies is how many times longer the body of a batch may be than that of one message.
const batchBodies = 10

// batchAnswer is the response to a batch. It has a result for each room of each message, in their order.
type batchAnswer struct {
	Results []roomResult `json:"results"`
}

// roomResult is the result of a message in a room. It has either Seq and Epoch, or Code and Detail.
type roomResult struct {
	Room   string `json:"room"`
	Seq    uint64 `json:"seq,omitempty"`
	Epoch  string `json:"epoch,omitempty"`
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// postBatch answers POST /api/messages. If a message or a room is invalid, nothing is published.
func (a *API) postBatch(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, batchBodies*a.maxBody())
	if !ok {
		return
	}
	batch, err := codec.ParseBatch(body)
	if err != nil {
		answer.Problem(w, http.StatusBadRequest, `the body must be {"messages":[{"rooms":["…"],"sender":"…","text":"…"}]}: `+err.Error())
		return
	}
	posts, status, why := a.checkBatch(r, batch)
	if status != 0 {
		answer.Problem(w, status, why)
		return
	}
	results, ok := a.publish(w, r, body, posts)
	if !ok {
		return
	}
	status = http.StatusAccepted
	all := batchAnswer{Results: make([]roomResult, len(posts))}
	for i, result := range results {
		all.Results[i] = resultOf(posts[i].room, result)
		if result.Err != nil {
			status = http.StatusMultiStatus
		}
	}
	answer.JSON(w, status, all)
}

// checkBatch returns a post for each room of each message. If one is invalid, the status is not 0.
func (a *API) checkBatch(r *http.Request, batch []codec.Post) (posts []post, status int, why string) {
	for i, message := range batch {
		for _, room := range message.Rooms {
			if _, refusal := access.CheckRoom(room); refusal != "" || room == "" {
				return nil, http.StatusBadRequest, fmt.Sprintf("message %d: room %.40q: %s", i+1, room, cmp.Or(refusal, access.BadRoom))
			}
			p, status, why := a.check(r, post{room, message.Publish})
			if status != 0 {
				return nil, status, fmt.Sprintf("message %d: %s", i+1, why)
			}
			posts = append(posts, p)
		}
	}
	return posts, 0, ""
}

func resultOf(room string, r idempotency.Result) roomResult {
	if r.Err != nil {
		return roomResult{Room: room, Code: cmp.Or(answer.BusCode(r.Err), "busy"), Detail: answer.Text(r.Err)}
	}
	return roomResult{Room: room, Seq: r.Seq, Epoch: r.Epoch.String()}
}
