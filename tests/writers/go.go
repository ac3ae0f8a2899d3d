// JSON, forms and text forms as Go writes them.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
)

func main() {
	var inputs struct {
		JSON  []string      `json:"json"`
		Forms [][][2]string `json:"forms"`
	}
	if err := json.NewDecoder(os.Stdin).Decode(&inputs); err != nil {
		panic(err)
	}
	table := map[string][]string{}
	for _, text := range inputs.JSON {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			panic(err)
		}
		compact, _ := json.Marshal(value)
		indented, _ := json.MarshalIndent(value, "", "  ")
		var plain bytes.Buffer
		encoder := json.NewEncoder(&plain)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(value)
		table["go-map"] = append(table["go-map"], string(compact))
		table["go-map-indent-2"] = append(table["go-map-indent-2"], string(indented))
		table["go-map-plain-line"] = append(table["go-map-plain-line"], plain.String())
		table["go-sprint"] = append(table["go-sprint"], fmt.Sprint(value))
	}
	for _, pairs := range inputs.Forms {
		values := url.Values{}
		for _, pair := range pairs {
			values.Add(pair[0], pair[1])
		}
		table["form-go-sorted"] = append(table["form-go-sorted"], values.Encode())
	}
	_ = json.NewEncoder(os.Stdout).Encode(table)
}
