// JSON, forms and text forms as Go writes them.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
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
		indented4, _ := json.MarshalIndent(value, "", "    ")
		table["go-map-indent-4"] = append(table["go-map-indent-4"], string(indented4))
		var kept any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		_ = decoder.Decode(&kept)
		numbers, _ := json.Marshal(kept)
		table["go-use-number"] = append(table["go-use-number"], string(numbers))
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
		var paths []string
		for _, pair := range pairs {
			paths = append(paths, url.PathEscape(pair[0])+"="+url.PathEscape(pair[1]))
		}
		table["form-go-path"] = append(table["form-go-path"], strings.Join(paths, "&"))
		for _, pair := range pairs {
			values.Add(pair[0], pair[1])
		}
		table["form-go-sorted"] = append(table["form-go-sorted"], values.Encode())
	}
	_ = json.NewEncoder(os.Stdout).Encode(table)
}
