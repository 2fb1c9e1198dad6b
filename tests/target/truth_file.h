#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "target/truth_writer.h"

namespace weir::target {

/// A path of its own in the temporary folder, removed at the end.
class TempPath {
 public:
  TempPath() {
    std::string path = (std::filesystem::temp_directory_path() / "weir-truth-XXXXXX").string();
    close(mkstemp(path.data()));
    path_ = path;
  }

  TempPath(const TempPath&) = delete;
  TempPath& operator=(const TempPath&) = delete;

  ~TempPath() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  const std::string& str() const { return path_; }

 private:
  std::string path_;
};

/// A truth file as a reader of the documentation would read it.
struct TruthFile {
  std::vector<std::string> comments;
  std::string columns;
  std::vector<TruthRow> rows;
};

inline TruthFile ReadTruthFile(const std::string& path) {
  TruthFile file;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) {
      file.comments.push_back(line);
    } else if (file.columns.empty()) {
      file.columns = line;
    } else {
      TruthRow row;
      long long arrival = 0;
      long long service = 0;
      long long planned = 0;
      if (std::sscanf(line.c_str(), "%lld,%lld,%lld,%d", &arrival, &service, &planned,
                      &row.status) == 4) {
        row.arrival_ns = arrival;
        row.service_ns = service;
        row.planned_ns = planned;
        file.rows.push_back(row);
      }
    }
  }
  return file;
}

}  // namespace weir::target
