package message

import (
	"math/rand/v2"
	"strings"
	"sync"
)

// FillWords fills the padding of a text with words. Each message of each stream has different
// words, and every run has the same. They compress about as English text does, while one
// repeated letter compresses to almost nothing.
func FillWords(padding []byte, stream, number int) {
	const apart = 131 // distance of two messages of a stream in the prose; a prime
	all := prose()
	at := (stream*7919 + number*apart) % len(all)
	for len(padding) > 0 {
		n := copy(padding, all[at:])
		padding, at = padding[n:], 0
	}
}

// prose returns sentences of common words, whose frequencies follow Zipf's law. They have no
// character that JSON escapes, and no capital letter, with which a mark begins.
var prose = sync.OnceValue(func() string {
	const size = 64 << 10
	random := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields(vocabulary)
	pick := rand.NewZipf(random, 1.05, 8, uint64(len(words)-1))
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(words[pick.Uint64()])
		switch random.IntN(12) {
		case 0:
			b.WriteString(".")
		case 1:
			b.WriteString(",")
		}
		b.WriteString(" ")
	}
	return b.String()
})

// vocabulary is sorted by frequency, the most common word first.
const vocabulary = `the be to of and a in that have it for not on with he as you do at this but his by
from they we say her she or an will my one all would there their what so up out if about who get which go
me when make can like time no just him know take people into year your good some could them see other than
then now look only come its over think also back after use two how our work first well way even new want
because any these give day most us message server room please thanks tomorrow meeting maybe really already
should still around team better please check again before answer question number another always never place
small large under while last might great little world between every home being where much through down own
same tell does three state old very find here thing long school left right part few family head week case
point government company system program group problem hand money night story fact month book eye job word
business issue side kind four service friend father power hour game line end member law car city community
name president minute idea body information nothing ago lead social understand whether watch together follow
around parent stop face anything create public read level allow office spend door health person art sure such
war history party result change morning reason early believe hold bring happen next without large million
must house page country american language set play run move live learn water both woman life child plan letter
second later miss light above girl sometimes mountain young talk soon list song leave sea began almost enough
often begin river carry paper important until children feet mile walk white grow took cut black short clear
engine sound open seem next hard start might garden window kitchen dinner coffee train station airport ticket
weather yesterday evening weekend holiday photo picture video phone screen keyboard release version branch
review deploy latency memory figure benchmark connection network`
