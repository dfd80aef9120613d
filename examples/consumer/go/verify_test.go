package consumer

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"
)

type vector struct {
	Name        string
	Scheme      string
	Keys        []string
	Headers     map[string]string
	Now         int64
	Body        []byte `json:"body_base64"`
	Valid       bool
	Explanation string
}

func readVectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("../../../spec/1.0/vectors/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

func TestVectors(t *testing.T) {
	type verifier func([]string, http.Header, []byte, time.Time) bool
	for name, verify := range map[string]verifier{"by hand": Verify, "with the library": VerifyWithLibrary} {
		count := 0
		for _, each := range readVectors(t) {
			if each.Scheme != "v1" {
				continue
			}
			count++
			t.Run(name+"/"+each.Name, func(t *testing.T) {
				headers := http.Header{}
				for header, value := range each.Headers {
					headers.Set(header, value)
				}
				if got := verify(each.Keys, headers, each.Body, time.Unix(each.Now, 0)); got != each.Valid {
					t.Errorf("got %v, want %v: %s", got, each.Valid, each.Explanation)
				}
			})
		}
		if count < 50 {
			t.Errorf("%s: only %d vectors", name, count)
		}
	}
}
