// Writes reports of synthetic runs for the browser test: report_fixture FOLDER.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "reports/html_report.h"
#include "tests/reports/synthetic_runs.h"

namespace {

namespace reports = weir::reports;

bool WriteText(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return !file.fail();
}

bool Write(const std::string& path, const reports::ReportData& data) {
  return WriteText(path, reports::HtmlReport(data));
}

// Runs of two branches in turns, the newer one slower, and one with a tag.
reports::ReportData TwoBranches() {
  reports::ReportData data = reports::SyntheticReport();
  for (std::size_t i = 0; i < data.pages.size(); ++i) {
    for (std::string* branch : {&data.pages[i].run.plan.branch, &data.rows[i].branch}) {
      *branch = i % 2 == 0 ? "main" : "feature/cart";
    }
  }
  data.pages[8].run.plan.tag = data.rows[8].tag = "nightly";
  return data;
}

// A folder of pages, in which every run of `data` has a file of its own.
bool WriteSite(const std::string& folder, reports::ReportData data) {
  std::filesystem::create_directories(folder + "/run");
  const reports::PageAssets assets = reports::SharedAssets();
  bool written = WriteText(folder + "/" + assets.name + ".js", assets.script) &&
                 WriteText(folder + "/" + assets.name + ".css", assets.style);
  for (std::size_t i = 0; i < data.pages.size(); ++i) {
    reports::ReportData one;
    one.title = "run";
    one.rows = {data.rows[i]};
    one.pages = {data.pages[i]};
    const weir::RunId run = data.rows[i].run;
    data.files.push_back(run);
    written &= WriteText(folder + "/run/" + std::to_string(run) + ".html",
                         reports::HtmlRunPage(one, [](std::string_view) { return "1a2b"; }));
  }
  data.pages.clear();
  return written && Write(folder + "/index.html", data);
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
                       Write(folder + "/branches.html", TwoBranches()) &&
                       Write(folder + "/empty.html", empty) &&
                       WriteSite(folder + "/site", weir::reports::SyntheticReport()) &&
                       WriteSite(folder + "/hostile", weir::reports::HostileReport());
  if (!written) {
    std::fprintf(stderr, "report_fixture: cannot write to %s\n", folder.c_str());
  }
  return written ? 0 : 1;
}
