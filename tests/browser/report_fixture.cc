// Writes reports of synthetic runs for the browser test: report_fixture FOLDER.

#include <cstdio>
#include <fstream>
#include <string>

#include "reports/html_report.h"
#include "tests/reports/synthetic_runs.h"

namespace {

bool Write(const std::string& path, const weir::reports::ReportData& data) {
  std::ofstream file(path, std::ios::binary);
  file << weir::reports::HtmlReport(data);
  file.close();
  return !file.fail();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: report_fixture FOLDER\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  weir::reports::ReportData empty;
  empty.title = "nothing yet";
  const bool written = Write(folder + "/report.html", weir::reports::SyntheticReport()) &&
                       Write(folder + "/hostile.html", weir::reports::HostileReport()) &&
                       Write(folder + "/empty.html", empty);
  if (!written) {
    std::fprintf(stderr, "report_fixture: cannot write to %s\n", folder.c_str());
  }
  return written ? 0 : 1;
}
