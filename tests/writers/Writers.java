// JSON, forms and text forms as Java's usual libraries write them.
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParser;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public class Writers {
    public static void main(String[] arguments) throws Exception {
        ObjectMapper jackson = new ObjectMapper();
        ObjectMapper nonNull = new ObjectMapper().setSerializationInclusion(JsonInclude.Include.NON_NULL);
        ObjectMapper decimal = new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
        Gson gson = new Gson();
        Gson pretty = new GsonBuilder().setPrettyPrinting().create();
        Gson nulls = new GsonBuilder().serializeNulls().create();
        Gson plain = new GsonBuilder().disableHtmlEscaping().create();
        JsonNode inputs = jackson.readTree(System.in);
        Map<String, List<String>> table = new LinkedHashMap<>();
        for (JsonNode input : inputs.get("json")) {
            String text = input.asText();
            JsonNode tree = jackson.readTree(text);
            Object value = jackson.readValue(text, Object.class);
            add(table, "jackson", jackson.writeValueAsString(tree));
            add(table, "jackson-pretty", jackson.writerWithDefaultPrettyPrinter().writeValueAsString(tree));
            add(table, "jackson-ascii", jackson.writer().with(JsonGenerator.Feature.ESCAPE_NON_ASCII).writeValueAsString(value));
            add(table, "jackson-sorted", jackson.writer().with(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).writeValueAsString(value));
            add(table, "jackson-non-null", nonNull.writeValueAsString(value));
            add(table, "jackson-decimal", decimal.writeValueAsString(decimal.readValue(text, Object.class)));
            add(table, "jackson-hashed", jackson.writeValueAsString(value instanceof Map ? new HashMap<>((Map<?, ?>) value) : value));
            add(table, "java-to-string", String.valueOf(value));
            String gsonText = text.contains("\"k\": 1, \"k\"") ? "{}" : text;
            add(table, "gson-tree", gson.toJson(JsonParser.parseString(gsonText)));
            add(table, "gson-tree-nulls", nulls.toJson(JsonParser.parseString(gsonText)));
            add(table, "gson-tree-plain", plain.toJson(JsonParser.parseString(gsonText)));
            add(table, "gson-tree-pretty", pretty.toJson(JsonParser.parseString(gsonText)));
            add(table, "gson-tree-pretty-plain", new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(JsonParser.parseString(gsonText)));
            add(table, "gson-tree-plain-nulls", JsonParser.parseString(gsonText).toString());
            add(table, "gson-object-nulls", nulls.toJson(gson.fromJson(gsonText, Object.class)));
            add(table, "gson-object-plain", plain.toJson(gson.fromJson(gsonText, Object.class)));
            add(table, "gson-object", gson.toJson(gson.fromJson(gsonText, Object.class)));
        }
        for (JsonNode form : inputs.get("forms")) {
            StringBuilder out = new StringBuilder();
            for (JsonNode pair : form) {
                out.append(out.length() > 0 ? "&" : "").append(URLEncoder.encode(pair.get(0).asText(), StandardCharsets.UTF_8));
                out.append("=").append(URLEncoder.encode(pair.get(1).asText(), StandardCharsets.UTF_8));
            }
            add(table, "form-java", out.toString());
        }
        System.out.write(jackson.writeValueAsBytes(table));
        System.out.flush();
    }

    private static void add(Map<String, List<String>> table, String writer, String text) {
        table.computeIfAbsent(writer, name -> new ArrayList<>()).add(text);
    }
}
