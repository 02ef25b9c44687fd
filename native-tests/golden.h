// Reads golden/lif.safetensors: 8 bytes of header length, a JSON header, float64 tensors. The scanning
// here knows just the JSON that file has.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

class Golden {
 public:
  explicit Golden(const char* path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error(std::string("cannot read ") + path);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    uint64_t length = 0;
    if (bytes.size() < sizeof length) throw std::runtime_error(std::string(path) + " is cut short");
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length > bytes.size() - sizeof length) throw std::runtime_error(std::string(path) + " is cut short");
    header_ = bytes.substr(sizeof length, length);
    data_ = bytes.substr(sizeof length + length);
  }

  /// The objects of __metadata__.configs, a JSON text inside a JSON string.
  std::vector<std::string> configs() const {
    std::vector<std::string> objects;
    const size_t end = header_.find(']', after(header_, "\"configs\""));
    for (size_t from = after(header_, "\"configs\""); (from = header_.find('{', from)) < end;) {
      const size_t to = header_.find('}', from);
      std::string object;
      for (char c : header_.substr(from, to - from + 1)) {
        if (c != '\\') object += c;
      }
      objects.push_back(object);
      from = to;
    }
    return objects;
  }

  std::vector<double> tensor(const std::string& name) const {
    const size_t entry = after(header_, "\"" + name + "\":");
    const std::string offsets = field(header_.substr(entry, header_.find('}', entry) - entry + 1), "data_offsets");
    char* rest = nullptr;
    const size_t begin = std::strtoull(offsets.c_str() + 1, &rest, 10);
    const size_t end = std::strtoull(rest + 1, nullptr, 10);
    if (begin > end || end > data_.size()) throw std::runtime_error(name + " is outside the file");
    std::vector<double> values((end - begin) / sizeof(double));
    std::memcpy(values.data(), data_.data() + begin, end - begin);
    return values;
  }

  /// The text of a field: a number, true, false, null, "text" or [list].
  static std::string field(const std::string& object, const std::string& name) {
    size_t from = after(object, "\"" + name + "\":");
    while (object[from] == ' ') ++from;
    const size_t to = object[from] == '[' ? object.find(']', from) + 1 : object.find_first_of(",}", from);
    return object.substr(from, to - from);
  }

 private:
  static size_t after(const std::string& text, const std::string& word) {
    const size_t at = text.find(word);
    if (at == std::string::npos) throw std::runtime_error(word + " is missing");
    return at + word.size();
  }

  std::string header_, data_;
};
